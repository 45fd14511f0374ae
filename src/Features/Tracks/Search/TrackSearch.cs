using Dapper;
using Npgsql;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Tracks.Search;

/// <summary>What a search found. Counts are exact unless there was so much that a sample had to tell.</summary>
internal sealed record FoundTracks(
    TrackRow[] Rows,
    long Total,
    Dictionary<string, FacetCount[]> Facets,
    bool AreFacetsExact,
    string[]? AlsoSearched
);

/// <summary>
/// Searches listed tracks: extent, facets, page. Each statement is bounded, see <see cref="TrackIndex"/>.
/// </summary>
internal static class TrackSearch
{
    /// <summary>Fewer results than this, and words that were perhaps meant are searched too.</summary>
    internal const int FewMax = 5;

    // An estimate from a sample is off by some percent, and says so by facets_exact. Whoever comes near its end is told
    // the number.
    private static bool IsNearTheEnd(SearchExtent extent, Paging paging) =>
        extent.Estimate < Paging.ResultsMax * 5 / 4 && paging.Offset + paging.PerPage > extent.Estimate / 2;

    internal sealed record Folded(
        string[] Words,
        string Phrase,
        string[] Genres,
        string[] Tags,
        string[] Keys,
        long Catalogue
    );

    /// <summary>
    /// Folds what was typed as the index has been folded, and tells how large the catalogue is, about.
    /// </summary>
    internal static Task<Folded> Fold(NpgsqlConnection db, string? q, string[] genre, string[] tag, string[] key) =>
        db.QuerySingleAsync<Folded>(
            """
            select track_words(@q) as words, track_fold(@q) as phrase,
              array(select lower(v) from unnest(@genre) v) as genres,
                array(select lower(v) from unnest(@tag) v) as tags,
                   array(select lower(v) from unnest(@key) v) as keys,
                     (select greatest(0, reltuples)::bigint from pg_class
                       where oid = 'track_search'::regclass) as catalogue
            """,
            new
            {
                q = q ?? "",
                genre = new PgValue<string[]>(genre),
                tag = new PgValue<string[]>(tag),
                key = new PgValue<string[]>(key),
            }
        );

    internal static async Task<FoundTracks> Find(
        NpgsqlConnection db,
        TrackQuery query,
        long catalogue,
        TrackOrder order,
        Paging paging
    )
    {
        var (extent, facets) = await Look(db, query, catalogue, paging);
        string[]? alsoSearched = null;
        if (!query.Words.IsEmpty && extent.IsWhole && facets.Hits < FewMax)
        {
            var words = await WordsMeant.Add(db, query.Words);
            alsoSearched = [.. words.Meant.SelectMany(meant => meant).Distinct()];
            if (alsoSearched.Length > 0)
            {
                query = query with { Words = words };
                (extent, facets) = await Look(db, query, catalogue, paging);
            }
        }

        var exact = IsExact(extent, facets);
        var counts = facets.OnTheWire();
        foreach (var facet in query.Narrowing)
        {
            var open = query.Without(facet);
            var openExtent = await TrackIndex.Measure(db, open, catalogue);
            var openFacets = await TrackFacets.Count(db, open, openExtent, [facet], 0);
            exact &= IsExact(openExtent, openFacets);
            foreach (var (name, values) in openFacets.OnTheWire())
                counts[name] = values;
        }

        var total =
            IsExact(extent, facets) ? Math.Min(Paging.ResultsMax, facets.Hits)
            : IsNearTheEnd(extent, paging) ? await TrackIndex.Count(db, query, Paging.ResultsMax)
            : Math.Min(Paging.ResultsMax, extent.Estimate);
        var rows =
            total <= paging.Offset
                ? []
                : await TrackPages.Read(db, query, extent, facets.StandingFrom, order, paging, catalogue);
        return new FoundTracks(rows, total, counts, exact, alsoSearched is { Length: > 0 } ? alsoSearched : null);
    }

    private static async Task<(SearchExtent Extent, TrackFacets Facets)> Look(
        NpgsqlConnection db,
        TrackQuery query,
        long catalogue,
        Paging paging
    )
    {
        var extent = await TrackIndex.Measure(db, query, catalogue);
        return (
            extent,
            await TrackFacets.Count(
                db,
                query,
                extent,
                Enum.GetValues<Facet>().Except(query.Narrowing),
                TrackPages.Candidates(paging)
            )
        );
    }

    private static bool IsExact(SearchExtent extent, TrackFacets facets) =>
        extent.IsWhole && facets.Hits < TrackIndex.HitsMax;
}
