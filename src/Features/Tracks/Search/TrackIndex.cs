using Dapper;
using Npgsql;

namespace Veza.Features.Tracks.Search;

/// <summary>
/// How many tracks a search finds, and by what part of them it is told: all of them at level 0, one of 4, 16, 64 ... at
/// the levels above.
/// </summary>
internal readonly record struct SearchExtent(long Estimate, int Level)
{
    internal bool IsWhole => Level == 0;

    internal long Scale => 1L << (2 * Level);
}

/// <summary>What every statement about the index takes.</summary>
internal sealed record IndexRead(
    string Found,
    float BpmMin,
    float BpmMax,
    bool HasBpm,
    long DurationMinMs,
    long DurationMaxMs,
    string Words,
    string Typed,
    string Phrase,
    Guid? CallerId,
    int Limit,
    int Offset,
    int Most
)
{
    internal static IndexRead Of(TrackQuery query, params string[] furtherKeys)
    {
        var bounds = query.Bounds;
        return new(
            query.Found(furtherKeys),
            bounds.BpmMin,
            bounds.BpmMax,
            bounds.HasBpm,
            bounds.DurationMinMs,
            bounds.DurationMaxMs,
            query.Words.Query(),
            query.Words.AsTyped.Query(),
            query.Phrase,
            query.CallerId,
            0,
            0,
            0
        );
    }
}

/// <summary>
/// The table track_search by its one index. Work is bounded whatever is asked: a search that finds more than
/// <see cref="WholeMax"/> tracks is told by a sample of them, chosen by their ids, and ranked among the best of them by
/// standing.
/// </summary>
internal static class TrackIndex
{
    internal const int WholeMax = 5_000,
        SampleMax = 2_000,
        HitsMax = 20_000,
        ProbeMax = 4_096,
        LevelMax = 9;

    internal const string Keys =
        "track_keys(s.id, s.account_id, s.words, s.genre, s.tags, s.bpm_bucket, s.musical_key, "
        + "s.duration_bucket, s.year, s.standing)";

    // The sum keeps the planner from the index of durations: in a plan for any value it would fetch every track from
    // there to narrow down a few.
    internal const string Bounds =
        "(not @HasBpm or s.bpm between @BpmMin and @BpmMax) and s.duration_ms + 0 between @DurationMinMs and "
        + "@DurationMaxMs";

    internal const string Hits = $"from track_search s where {Keys} @@ @Found::tsquery and {Bounds}";

    internal const string Counted = $"select count(*) from (select 1 {Hits} limit @Most) counted";

    // A year of age, e times the listeners, and a fourth of the places where the words stand weigh about the same; the
    // very title, and the words as they were typed, outweigh most.
    internal const string Rank = """
        4 * ln(ts_rank('{0.05,0.2,0.6,1}', s.words, (select @Words::tsquery)) + 0.001) + s.standing / 256.0
          + case when s.title_key = @Phrase then 6 else 0 end + case when s.words @@ (select @Typed::tsquery) then 8
            else 0 end
        """;

    /// <summary>
    /// A first look at a thin sample tells how much there is. Without it one could not know whether to read everything.
    /// </summary>
    internal static async Task<SearchExtent> Measure(NpgsqlConnection db, TrackQuery query, long catalogue)
    {
        if (catalogue <= WholeMax)
            return new SearchExtent(catalogue, 0);
        var level = 0;
        while (catalogue >> (2 * level) > ProbeMax && level < LevelMax)
            level++;
        var found = await Count(db, query, WholeMax + 1, level == 0 ? [] : [TrackQuery.Sample(level)]);
        var estimate = found << (2 * level);
        if (estimate <= WholeMax)
            return new SearchExtent(estimate, 0);
        var thinned = 1;
        while (estimate >> (2 * thinned) > SampleMax && thinned < LevelMax)
            thinned++;
        return new SearchExtent(estimate, thinned);
    }

    /// <summary>How many are found, up to a limit.</summary>
    internal static async Task<long> Count(
        NpgsqlConnection db,
        TrackQuery query,
        int most,
        params string[] furtherKeys
    ) => await db.ExecuteScalarAsync<long>(Counted, IndexRead.Of(query, furtherKeys) with { Most = most });
}
