using System.Text;
using Npgsql;
using Veza.Features.Tracks.Search;
using Veza.Infrastructure.Http;

namespace Veza.Bench.Load;

/// <summary>
/// EXPLAIN (ANALYZE, BUFFERS) of the statements of one search, for a very common word within a common genre: the worst
/// that is likely.
/// </summary>
internal static class SearchPlans
{
    internal static async Task<string> Of(NpgsqlDataSource postgres)
    {
        await using var db = await postgres.OpenConnectionAsync();
        var folded = await TrackSearch.Fold(db, "night", ["electronic"], [], []);
        var query = TrackQuery.OfWords(SearchWords.Of(folded.Words, "night"), folded.Phrase) with
        {
            Genres = folded.Genres,
        };
        _ = Paging.Read(1, 20, out var paging);
        var extent = await TrackIndex.Measure(db, query, folded.Catalogue);
        var facets = await TrackFacets.Count(db, query, extent, Enum.GetValues<Facet>(), TrackPages.Candidates(paging));
        var level = 0;
        while (folded.Catalogue >> (2 * level) > TrackIndex.ProbeMax)
            level++;
        string[] sample = extent.IsWhole ? [] : [TrackQuery.Sample(extent.Level)];
        string[] standing = facets.StandingFrom is { } from ? [TrackQuery.StandingFrom(from)] : [];
        var text = new StringBuilder(
            $"`q=night&genre=electronic`: about {extent.Estimate} tracks, told by one of {extent.Scale}.\n"
        );
        text.Append(
            await Explain(
                db,
                "how much it finds",
                TrackIndex.Counted,
                query,
                level == 0 ? [] : [TrackQuery.Sample(level)]
            )
        );
        text.Append(
            await Explain(
                db,
                "its facets",
                TrackFacets.Counting + TrackIndex.Hits + TrackFacets.CountingEach,
                query,
                sample
            )
        );
        text.Append(
            await Explain(
                db,
                "its first page",
                TrackPages.GatheredBy(TrackOrder.Of(null, null, hasWords: true)),
                query,
                standing
            )
        );
        return text.ToString();
    }

    private static async Task<string> Explain(
        NpgsqlConnection db,
        string what,
        string sql,
        TrackQuery query,
        string[] furtherKeys
    )
    {
        var read = IndexRead.Of(query, furtherKeys);
        await using var command = new NpgsqlCommand($"explain (analyze, buffers, costs off) {sql}", db);
        foreach (
            var (name, value) in new (string, object)[]
            {
                ("Found", read.Found),
                ("BpmMin", read.BpmMin),
                ("BpmMax", read.BpmMax),
                ("HasBpm", read.HasBpm),
                ("DurationMinMs", read.DurationMinMs),
                ("DurationMaxMs", read.DurationMaxMs),
                ("Words", read.Words),
                ("Typed", read.Typed),
                ("Phrase", read.Phrase),
                ("Limit", 20),
                ("Offset", 0),
                ("Most", TrackIndex.HitsMax),
                ("ValuesMax", 50),
                ("Nth", 10),
                ("CallerId", Guid.Empty),
                ("Genre", true),
                ("Tag", true),
                ("Bpm", true),
                ("Key", true),
                ("Duration", true),
                ("Year", true),
            }
        )
            command.Parameters.AddWithValue(name, value);
        var lines = new List<string>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            lines.Add(reader.GetString(0));
        return $"\n### {what}\n\n```\n{string.Join('\n', lines)}\n```\n";
    }
}
