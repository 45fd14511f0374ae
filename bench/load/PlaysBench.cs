using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;
using Veza.Features.Plays;

namespace Veza.Bench.Load;

/// <summary>
/// Plays and discovery on a catalogue made by SQL: beginning plays, heartbeats, adding closed plays up, and what is
/// similar, recommended and trending for tracks and listeners at random. A few tracks are heard by very many, most by
/// few.
/// </summary>
internal static class PlaysBench
{
    private const int Connections = 16,
        OpenPlays = 20_000,
        DuePlays = 50_000,
        TracksPerListener = 40,
        TracksUsual = 100_000,
        BeatsEach = 4;
    private static readonly TimeSpan Each = TimeSpan.FromSeconds(5);

    internal static async Task<int> Run(int? tracksCount)
    {
        var tracks = tracksCount ?? TracksUsual;
        await BenchServer.CreateDatabase("bench_plays");
        // Without the worker role: what it would add up is added up here, and measured.
        await using var server = await BenchServer.Start(BenchServer.Native, "bench_plays", ("VEZA__ROLES", "api"));
        await using var postgres = NpgsqlDataSource.Create(server.Postgres + ";Command Timeout=3600");
        using var http = new HttpClient { BaseAddress = server.Url, Timeout = TimeSpan.FromMinutes(5) };
        using var listening = new HttpClient { BaseAddress = server.Url };
        listening.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", await Register(http));
        http.DefaultRequestHeaders.UserAgent.ParseAdd("Mozilla/5.0");
        await Seed(postgres, tracks);
        var report = new Report(
            "plays",
            $"./dev bench plays {tracks.ToString(CultureInfo.InvariantCulture)}",
            "action",
            "per second",
            "p50 ms",
            "p95 ms",
            "p99 ms",
            "errors"
        );
        Console.WriteLine(
            $"{(BenchServer.Native is null ? "JIT" : "native")} build, {tracks} tracks, {Connections} connections, {Each.TotalSeconds:0} s each; the load generator shares the machine"
        );
        var seeds = await Column(postgres, "select id from track where is_listed order by random() limit 2000");
        await Measure(
            "similar, a track at random",
            report,
            () => http.GetAsync($"/api/v1/tracks/{Any(seeds)}/similar")
        );
        var popular = await Column(
            postgres,
            """
            select p.track_id from (select track_id, count(*) n from track_listener group by 1 order by n desc
              limit 200) p join track t on t.id = p.track_id where t.is_listed
            """
        );
        await Measure(
            "similar, one that everybody hears",
            report,
            () => http.GetAsync($"/api/v1/tracks/{Any(popular)}/similar")
        );
        await Measure("recommended", report, () => listening.GetAsync("/api/v1/tracks/recommended"));
        await Measure("trending", report, () => http.GetAsync("/api/v1/tracks/trending"));
        await Measure("begin a play", report, () => Begin(http, Any(seeds)));
        await Beats(http, postgres, report);
        await AddUp(postgres, report);
        await report.Save(
            $"{(BenchServer.Native is null ? "JIT" : "native")} build. {tracks} tracks, {tracks / 5} listeners with {TracksPerListener} tracks each, {Connections} connections."
        );
        return 0;
    }

    private static Guid Any(Guid[] ids) => ids[Random.Shared.Next(ids.Length)];

    /// <summary>Each by a listener of its own: nobody may have any number of plays open.</summary>
    private static async Task<HttpResponseMessage> Begin(HttpClient http, Guid track)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/tracks/{track}/plays")
        {
            Content = JsonContent.Create(new { source = "search" }),
        };
        request.Headers.UserAgent.ParseAdd($"Mozilla/5.0 (n{Random.Shared.Next()})");
        return await http.SendAsync(request);
    }

    private static async Task<string> Register(HttpClient http)
    {
        var answer = await http.PostAsJsonAsync(
            "/api/v1/auth/register",
            new
            {
                email = "bench@example.org",
                username = "bench",
                password = "only for the bench",
            }
        );
        return (await answer.Content.ReadFromJsonAsync<JsonElement>())
            .GetProperty("data")
            .GetProperty("access_token")
            .GetString()!;
    }

    private static async Task Seed(NpgsqlDataSource postgres, int tracks)
    {
        var watch = Stopwatch.StartNew();
        await Execute(postgres, "select setseed(0.5)");
        await Execute(
            postgres,
            $"""
            insert into account (id, username, email, display_name)
              select gen_random_uuid(), 'u' || n, 'u' || n || '@example.org', 'U'
              from generate_series(1, {tracks / 5}) n
            """
        );
        await Execute(
            postgres,
            "create unlogged table bench_account as select id, row_number() over () as n from account"
        );
        await Execute(postgres, "create unique index on bench_account (n)");
        await Execute(
            postgres,
            $$"""
            insert into track (id, account_id, title, visibility, status, storage_prefix, sha256, size_bytes,
              duration_ms, bpm, musical_key, genre, tags, play_count, loudness_lufs, created_at)
            select uuid_at(now() - k * interval '30 s'), a.id, 'Track ' || k, case when random() < 0.9 then 'public'
              else 'private' end, 'ready', 'tracks/none/', '', 1, 60000 + random() * 300000,
                   60 + random() * 120, (array['C', 'C#', 'D', 'D#', 'E', 'F', 'F#', 'G', 'G#', 'A', 'A#',
                     'B'])[1 + floor(random() * 12)::int] || case when random() < 0.6 then ' minor' else ' major' end,
                   'genre ' || floor(50 * random() ^ 2)::int, array['tag ' || floor(500 * random() ^ 3)::int,
                     'tag ' || floor(500 * random() ^ 3)::int, 'tag ' || floor(500 * random() ^ 2)::int],
                   floor(100 * random() ^ 8)::int, -20 + random() * 12, now() - k * interval '30 s'
              from generate_series(1, {{tracks}}) k join bench_account a on a.n = 1 + k % {{tracks / 50}}
            """
        );
        await Execute(
            postgres,
            "create unlogged table bench_track as select id, row_number() over (order by random()) as n from track"
        );
        await Execute(postgres, "create unique index on bench_track (n)");
        await Execute(
            postgres,
            $"""
            insert into track_listener (account_id, track_id, last_played_at, plays)
            select a.id, t.id, now() - random() * interval '60 days', 1
              from (select id, 1 + floor({tracks} * random() ^ 3)::int as pick
                from bench_account, generate_series(1, {TracksPerListener})) a join bench_track t on t.n = a.pick
            on conflict do nothing
            """
        );
        await Execute(
            postgres,
            $"""
            insert into track_trend (track_id, heat) select id, 10000 + random() * 10 from bench_track
              where n <= {Math.Min(tracks, 10_000)}
            """
        );
        await Execute(postgres, "vacuum analyze");
        Console.WriteLine($"seeded in {watch.Elapsed.TotalSeconds:0} s");
    }

    /// <summary>
    /// Open plays of listeners of their own; of each four heartbeats the third or fourth is the one that counts.
    /// </summary>
    private static async Task Beats(HttpClient http, NpgsqlDataSource postgres, Report report)
    {
        await Plays(postgres, OpenPlays, "now() - interval '40 s'", "now() + interval '10 minutes'", "null");
        var plays = await Column(
            postgres,
            $"select id from play where source = 'bench' and not is_closed limit {OpenPlays}"
        );
        var next = -1;
        await Measure(
            "heartbeat",
            report,
            () =>
            {
                var n = Interlocked.Increment(ref next);
                var at = 10_000 * (1 + n / plays.Length % BeatsEach);
                return http.PostAsJsonAsync(
                    $"/api/v1/plays/{plays[n % plays.Length]}/heartbeats",
                    new { position_ms = at, listened_ms = at }
                );
            }
        );
    }

    private static async Task AddUp(NpgsqlDataSource postgres, Report report)
    {
        await Plays(postgres, DuePlays, "now()", "now()", "'counted'");
        await Execute(postgres, "vacuum analyze play");
        await using var db = await postgres.OpenConnectionAsync();
        var watch = Stopwatch.StartNew();
        await PlayTally.CountNew(db);
        report.Row(
            "add counted plays to their totals",
            Math.Round(DuePlays / watch.Elapsed.TotalSeconds),
            "",
            "",
            "",
            0
        );
        watch.Restart();
        await PlayTally.CloseDue(db, DateTime.UtcNow);
        report.Row(
            "close plays and add them to their days",
            Math.Round(DuePlays / watch.Elapsed.TotalSeconds),
            "",
            "",
            "",
            0
        );
    }

    private static Task Plays(NpgsqlDataSource postgres, int count, string begunAt, string closesAt, string verdict) =>
        Execute(
            postgres,
            $"""
            insert into play (id, track_id, listener, source, duration_ms, counts_after_ms, is_own, is_bot, begun_at,
              closes_at, heard_at, credited_until, verdict, heard)
            select (substr(uuid_at(now() + p.n * interval '1 ms')::text, 1, 24) || substr(md5(random()::text), 1,
              12))::uuid, t.id, gen_random_uuid(), 'bench', 214000, 30000, false, false,
                   {begunAt}, {closesAt}, {begunAt}, {begunAt}, {verdict},
                     play_hundredths(0, (random() * 214000)::bigint, 214000)
              from (select n, 1 + floor((select count(*) from bench_track) * random() ^ 3)::int as pick
                from generate_series(1, {count}) n) p join bench_track t on t.n = p.pick
            """
        );

    private static async Task Measure(string action, Report report, Func<Task<HttpResponseMessage>> call)
    {
        var timings = new Timings();
        var warm = Stopwatch.StartNew();
        while (warm.Elapsed < TimeSpan.FromSeconds(1))
            (await call()).Dispose();
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(
            Enumerable
                .Range(0, Connections)
                .Select(async _ =>
                {
                    while (watch.Elapsed < Each)
                    {
                        var began = Stopwatch.GetTimestamp();
                        using var answer = await call();
                        await answer.Content.CopyToAsync(Stream.Null);
                        timings.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds, answer.IsSuccessStatusCode);
                    }
                })
        );
        report.Row(
            action,
            Math.Round(timings.Count / watch.Elapsed.TotalSeconds),
            timings.Percentile(0.5),
            timings.Percentile(0.95),
            timings.Percentile(0.99),
            timings.Errors
        );
    }

    private static async Task Execute(NpgsqlDataSource postgres, string sql)
    {
        await using var command = postgres.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<Guid[]> Column(NpgsqlDataSource postgres, string sql)
    {
        await using var command = postgres.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var ids = new List<Guid>();
        while (await reader.ReadAsync())
            ids.Add(reader.GetGuid(0));
        return [.. ids];
    }
}
