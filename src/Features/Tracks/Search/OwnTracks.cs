using Dapper;
using Npgsql;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Tracks.Search;

/// <summary>
/// The caller's own tracks, whatever their state: these stand in no search index, so they are read by their uploader
/// and looked through, the newest ten thousand.
/// </summary>
internal static class OwnTracks
{
    internal static async Task<FoundTracks> Find(NpgsqlConnection db, TrackQuery query, TrackOrder order, Paging paging)
    {
        var facets = await Count(db, query, Enum.GetValues<Facet>().Except(query.Narrowing));
        var counts = facets.OnTheWire();
        foreach (var facet in query.Narrowing)
        foreach (var (name, values) in (await Count(db, query.Without(facet), [facet])).OnTheWire())
            counts[name] = values;
        var read = OwnRead.Of(query);
        var rows = await db.QueryAsync<TrackRow>(
            Page(order),
            read with
            {
                Limit = paging.PerPage,
                Offset = paging.Offset,
            }
        );
        return new FoundTracks([.. rows], facets.Hits, counts, AreFacetsExact: true, AlsoSearched: null);
    }

    private static async Task<TrackFacets> Count(NpgsqlConnection db, TrackQuery query, IEnumerable<Facet> facets)
    {
        var wanted = facets.ToHashSet();
        return TrackFacets.Of(
            await db.QueryAsync<TrackFacets.Row>(
                TrackFacets.Counting + Looked + TrackFacets.CountingEach,
                OwnRead.Of(query) with
                {
                    Most = Paging.ResultsMax,
                    ValuesMax = TracksLimits.FacetValuesMax,
                    Genre = wanted.Contains(Facet.Genre),
                    Tag = wanted.Contains(Facet.Tag),
                    Bpm = wanted.Contains(Facet.Bpm),
                    Key = wanted.Contains(Facet.Key),
                    Duration = wanted.Contains(Facet.Duration),
                    Year = wanted.Contains(Facet.Year),
                }
            ),
            wanted,
            1
        );
    }

    private static string Page(TrackOrder order) =>
        $"""
            with page as materialized (
              select id, row_number() over () as place from (
                select s.id {Looked} order by {Sorted(order)} limit @Limit offset @Offset) best
            )
            select {TrackRow.Columns} from page p join track t on t.id = p.id join account a on a.id = t.account_id
              order by p.place
            """;

    private static string Sorted(TrackOrder order) =>
        order.IsRelevance
            ? "s.standing desc, s.created_at desc, s.id"
            : order.Sql("s.id").Replace("t.", "s.", StringComparison.Ordinal);

    private const string Looked = $"""
        from (
          select t.id, t.account_id, track_fold(t.title) as title_key, lower(t.genre) as genre,
                 array(select distinct lower(tag) from unnest(t.tags) tag order by 1) as tags, t.bpm,
                 track_bpm_bucket(t.bpm) as bpm_bucket, coalesce(t.musical_key, '') as musical_key,
                   coalesce(t.duration_ms, 0) as duration_ms,
                 track_duration_bucket(t.duration_ms) as duration_bucket,
                 track_year(t.release_year, t.created_at) as year,
                   track_standing(t.play_count, t.like_count, t.created_at) as standing, t.created_at, t.play_count,
                   t.like_count,
                 case when cardinality(@Patterns::text[]) = 0 then ''
                   else track_fold(concat_ws(' ', t.title, t.artist, t.album, array_to_string(t.tags, ' '))) end as said
            from track t where t.account_id = @AccountId order by t.created_at desc, t.id limit 10000) s
         where s.said like all (@Patterns) and {TrackPages.Fits}
        """;

    internal sealed record OwnRead(
        Guid AccountId,
        PgValue<string[]> Patterns,
        PgValue<string[]> Genres,
        PgValue<string[]> Tags,
        PgValue<string[]> Keys,
        PgValue<int[]> Years,
        float BpmMin,
        float BpmMax,
        bool HasBpm,
        long DurationMinMs,
        long DurationMaxMs
    )
    {
        public int Limit { get; init; }
        public int Offset { get; init; }
        public int Nth { get; init; }
        public int Most { get; init; }
        public int ValuesMax { get; init; }
        public bool Genre { get; init; }
        public bool Tag { get; init; }
        public bool Bpm { get; init; }
        public bool Key { get; init; }
        public bool Duration { get; init; }
        public bool Year { get; init; }

        // Words have neither wildcards nor backslashes: see the function track_words.
        internal static OwnRead Of(TrackQuery query) =>
            new(
                query.AccountId!.Value,
                new([.. query.Words.Words.Select(word => $"%{word}%")]),
                new(query.Genres),
                new(query.Tags),
                new(query.Keys),
                new(query.Years),
                query.Bounds.BpmMin,
                query.Bounds.BpmMax,
                query.Bounds.HasBpm,
                query.Bounds.DurationMinMs,
                query.Bounds.DurationMaxMs
            );
    }
}
