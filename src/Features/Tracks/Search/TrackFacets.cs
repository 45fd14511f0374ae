using System.Globalization;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;

namespace Veza.Features.Tracks.Search;

/// <summary>How the tracks of a search spread over genres, tags, tempi, keys, lengths and years.</summary>
internal sealed record TrackFacets(long Hits, int? StandingFrom, Dictionary<Facet, FacetCount[]> Counts)
{
    internal sealed record Row(string Facet, string Value, long Count);

    /// <summary>
    /// Counts what the extent's level lets through, and multiplies. <see cref="StandingFrom"/> is the standing which
    /// about <paramref name="candidates"/> tracks of the whole search reach.
    /// </summary>
    internal static async Task<TrackFacets> Count(
        NpgsqlConnection db,
        TrackQuery query,
        SearchExtent extent,
        IEnumerable<Facet> facets,
        int candidates
    )
    {
        var read = extent.IsWhole ? IndexRead.Of(query) : IndexRead.Of(query, TrackQuery.Sample(extent.Level));
        var wanted = facets.ToHashSet();
        return Of(
            await db.QueryAsync<Row>(
                Counting + TrackIndex.Hits + CountingEach,
                new
                {
                    read.Found,
                    read.BpmMin,
                    read.BpmMax,
                    read.HasBpm,
                    read.DurationMinMs,
                    read.DurationMaxMs,
                    most = TrackIndex.HitsMax,
                    valuesMax = TracksLimits.FacetValuesMax,
                    nth = candidates == 0 ? 0 : Math.Max(1, (int)(candidates / extent.Scale)),
                    genre = wanted.Contains(Facet.Genre),
                    tag = wanted.Contains(Facet.Tag),
                    bpm = wanted.Contains(Facet.Bpm),
                    key = wanted.Contains(Facet.Key),
                    duration = wanted.Contains(Facet.Duration),
                    year = wanted.Contains(Facet.Year),
                }
            ),
            wanted,
            extent.Scale
        );
    }

    internal static TrackFacets Of(IEnumerable<Row> rows, IEnumerable<Facet> wanted, long scale)
    {
        var byFacet = rows.ToLookup(row => row.Facet);
        return new TrackFacets(
            byFacet["hits"].Single().Count,
            byFacet["standing"].Select(row => (int?)Number(row)).FirstOrDefault(),
            wanted.ToDictionary(facet => facet, facet => Values(facet))
        );

        FacetCount[] Values(Facet facet)
        {
            var counted = byFacet[facet.ToString().ToLowerInvariant()];
            return facet switch
            {
                Facet.Bpm =>
                [
                    .. counted
                        .OrderBy(Number)
                        .Select(row => Step(Number(row) * TrackQuery.BpmStep, NextBpm(Number(row)), row)),
                ],
                Facet.Duration =>
                [
                    .. counted
                        .OrderBy(Number)
                        .Select(row => Step(EdgeMs(Number(row) - 1) ?? 0, EdgeMs(Number(row)), row)),
                ],
                Facet.Year =>
                [
                    .. counted.OrderByDescending(Number).Select(row => new FacetCount(row.Value, row.Count * scale)),
                ],
                _ => [.. counted.Select(row => new FacetCount(row.Value, row.Count * scale))],
            };
        }

        FacetCount Step(long from, long? to, Row row) =>
            new($"{from}-{to}", row.Count * scale) { From = from, To = to };
    }

    /// <summary>As the wire has it.</summary>
    internal Dictionary<string, FacetCount[]> OnTheWire() =>
        Counts.OrderBy(f => f.Key).ToDictionary(f => Name(f.Key), f => f.Value);

    private static string Name(Facet facet) => facet.ToString().ToLowerInvariant();

    private static long Number(Row row) => long.Parse(row.Value, CultureInfo.InvariantCulture);

    private static long? NextBpm(long bucket) =>
        bucket < TrackQuery.BpmBucketMax ? (bucket + 1) * TrackQuery.BpmStep : null;

    private static long? EdgeMs(long i) =>
        i >= 0 && i < TrackQuery.DurationEdgesMs.Length ? TrackQuery.DurationEdgesMs[i] : null;

    internal const string Counting = """
        with hit as materialized (select s.genre, s.tags, s.bpm_bucket, s.musical_key, s.duration_bucket, s.year,
          s.standing 
        """;

    // A branch that nobody wants is not run at all: its condition is settled before the first row.
    internal const string CountingEach = """
         limit @most)
        (select 'hits' as facet, '' as value, count(*) as count from hit)
        union all (select 'standing', standing::text, 0 from hit where @nth > 0 order by standing desc offset @nth
          limit 1)
        union all (select 'genre', genre, count(*) from hit where @genre and genre <> '' group by genre
          order by 3 desc, 2 limit @valuesMax)
        union all (select 'tag', tag, count(*) from hit, unnest(tags) tag where @tag group by tag order by 3 desc, 2
          limit @valuesMax)
        union all (select 'bpm', bpm_bucket::text, count(*) from hit where @bpm and bpm_bucket is not null
          group by bpm_bucket)
        union all (select 'key', musical_key, count(*) from hit where @key and musical_key <> '' group by musical_key
          order by 3 desc, 2 limit @valuesMax)
        union all (select 'duration', duration_bucket::text, count(*) from hit where @duration group by duration_bucket)
        union all (select 'year', year::text, count(*) from hit where @year group by year order by 3 desc, 2
          limit @valuesMax)
        """;
}
