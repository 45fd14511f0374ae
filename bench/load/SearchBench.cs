using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Veza.Features.Tracks.Search;
using Veza.Infrastructure.Http;

namespace Veza.Bench.Load;

/// <summary>
/// Faceted searches and proposals over HTTP at growing catalogues, one after the other, beside the same search without
/// HTTP and the plans of its statements.
/// </summary>
internal static class SearchBench
{
    private const int SearchesDefault = 600,
        WarmUp = 100,
        ByHand = 200;
    private static readonly int[] SizesDefault = [10_000, 100_000, 1_000_000];

    internal sealed record Sampled(
        string Title,
        string Artist,
        string Genre,
        string Tag,
        string Key,
        int Year,
        double Bpm
    );

    internal static async Task<int> Run()
    {
        int[] sizes = Environment.GetEnvironmentVariable("VEZA_BENCH_TRACKS") is { } given
            ? [.. given.Split(',').Select(n => int.Parse(n, CultureInfo.InvariantCulture))]
            : SizesDefault;
        var searches = int.TryParse(Environment.GetEnvironmentVariable("VEZA_BENCH_SEARCHES"), out var count)
            ? count
            : SearchesDefault;
        var report = new Report(
            "search",
            "./dev bench search",
            "tracks",
            "what",
            "p50 ms",
            "p95 ms",
            "slowest ms",
            "failed"
        );
        var plans = "";
        foreach (var size in sizes)
        {
            var database = string.Create(CultureInfo.InvariantCulture, $"bench_search_{size}");
            await BenchServer.CreateDatabase(database);
            await using var server = await BenchServer.Start(BenchServer.Native, database, ("VEZA__ROLES", "api"));
            await using var postgres = NpgsqlDataSource.Create(server.Postgres);
            var watch = Stopwatch.StartNew();
            await SearchCatalogue.Fill(postgres, size);
            Console.WriteLine($"{size} tracks are there after {watch.Elapsed.TotalSeconds:0} s");
            await Measure(server, postgres, report, size, searches);
            plans = await SearchPlans.Of(postgres);
        }

        var busy = (await File.ReadAllTextAsync("/proc/loadavg")).Split(' ')[0];
        await report.Save(
            $"{(BenchServer.Native is null ? "JIT" : "native")} server; one request at a time; the load of the machine at the end was {busy}. A search is ten kinds in turn: words with facets, two words, a half-typed artist, "
                + "filters alone, ranges, one letter, the commonest words, another order, a slip of the finger, "
                + "and nothing at all.\n\n## Plans at the last size\n\n"
                + plans
        );
        return 0;
    }

    private static async Task Measure(
        BenchServer server,
        NpgsqlDataSource postgres,
        Report report,
        int size,
        int searches
    )
    {
        using var http = new HttpClient { BaseAddress = server.Url };
        var sampled = await Sample(postgres, size, searches + WarmUp);
        for (var i = 0; i < WarmUp; i++)
            (await http.GetAsync(Search(sampled[searches + i], i).Path)).Dispose();
        var (all, proposals) = (new Timings(), new Timings());
        var kinds = new Dictionary<string, Timings>();
        for (var i = 0; i < searches; i++)
        {
            var (kind, path) = Search(sampled[i], i);
            kinds.TryAdd(kind, new Timings());
            await Timed(http, path, all, kinds[kind]);
            var title = sampled[i].Title;
            await Timed(
                http,
                $"/api/v1/tracks/autocomplete?q={Uri.EscapeDataString(title[..Math.Min(title.Length, 1 + i % 8)])}",
                proposals
            );
        }

        foreach (var (kind, timings) in kinds)
            Row(report, size, kind, timings);
        Row(report, size, "**a faceted search**", all);
        Row(report, size, "**a proposal**", proposals);
        Row(report, size, "words with facets, without HTTP", await WithoutHttp(postgres, sampled));
    }

    private static void Row(Report report, int size, string what, Timings timings) =>
        report.Row(
            size,
            what,
            timings.Percentile(0.5),
            timings.Percentile(0.95),
            timings.Percentile(1),
            timings.Errors
        );

    private static (string Kind, string Path) Search(Sampled track, int i)
    {
        var words = track.Title.Split(' ');
        var (genre, tag, key) = (
            Uri.EscapeDataString(track.Genre),
            Uri.EscapeDataString(track.Tag),
            Uri.EscapeDataString(track.Key)
        );
        var (kind, query) = (i % 10) switch
        {
            0 => ("words with facets", $"q={words[0]}&genre={genre}"),
            1 => ("two words", $"q={string.Join("%20", words.Take(2))}"),
            2 => ("half an artist", $"q={track.Artist[..Math.Min(3, track.Artist.Length)]}"),
            3 => ("two filters", $"genre={genre}&key={key}"),
            4 => (
                "tag and range",
                FormattableString.Invariant($"tag={tag}&bpm_min={track.Bpm - 5:0}&bpm_max={track.Bpm + 5:0}")
            ),
            5 => ("one letter", $"q={track.Title[..1]}"),
            6 => (
                "the commonest words",
                $"q={new[] { "the", "love", "night", "the%20love" }[i / 10 % 4]}&year={track.Year}"
            ),
            7 => (
                "another order",
                $"genre={genre}&sort_by={new[] { "play_count", "like_count", "title", "duration_ms", "bpm", "created_at" }[i / 10 % 6]}"
            ),
            8 => ("a slip of the finger", $"q={Slip(words.MaxBy(word => word.Length)!)}"),
            _ => ("nothing at all", ""),
        };
        return (kind, $"/api/v1/tracks?{query}");
    }

    private static string Slip(string word) => word.Length < 4 ? word : $"{word[..2]}{word[3]}{word[2]}{word[4..]}";

    private static async Task Timed(HttpClient http, string path, params Timings[] timings)
    {
        var began = Stopwatch.GetTimestamp();
        using var answer = await http.GetAsync(path);
        await answer.Content.CopyToAsync(Stream.Null);
        foreach (var timing in timings)
            timing.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds, answer.IsSuccessStatusCode);
    }

    private static async Task<Timings> WithoutHttp(NpgsqlDataSource postgres, Sampled[] sampled)
    {
        var timings = new Timings();
        await using var db = await postgres.OpenConnectionAsync();
        _ = Paging.Read(1, 20, out var paging);
        foreach (var track in sampled.Take(ByHand))
        {
            var began = Stopwatch.GetTimestamp();
            var folded = await TrackSearch.Fold(db, track.Title.Split(' ')[0], [track.Genre], [], []);
            var query = TrackQuery.OfWords(SearchWords.Of(folded.Words, null), folded.Phrase) with
            {
                Genres = folded.Genres,
            };
            var found = await TrackSearch.Find(
                db,
                query,
                folded.Catalogue,
                TrackOrder.Of(null, null, hasWords: true),
                paging
            );
            timings.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds, found.Rows.Length > 0);
        }

        return timings;
    }

    private static async Task<Sampled[]> Sample(NpgsqlDataSource postgres, int size, int count)
    {
        await using var command = postgres.CreateCommand(
            $"""
            select title, artist, genre, coalesce(tags[1], 'love'), coalesce(musical_key, 'C major'),
              extract(year from created_at)::int, coalesce(bpm, 120)::float8
              from track where id in (select {SearchCatalogue.IdOf}
                from (select 1 + (i * 7919::bigint) % @size as n from generate_series(1, @count) i) numbers) order by id
            """
        );
        command.Parameters.AddWithValue("size", size);
        command.Parameters.AddWithValue("count", count);
        var rows = new List<Sampled>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            rows.Add(
                new(
                    reader.GetString(0),
                    reader.GetString(1),
                    reader.GetString(2),
                    reader.GetString(3),
                    reader.GetString(4),
                    reader.GetInt32(5),
                    reader.GetDouble(6)
                )
            );
        return [.. rows];
    }
}
