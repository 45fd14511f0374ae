using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Npgsql;

namespace Veza.Bench.Load;

/// <summary>
/// A page of history at the newest end, in the middle and a million messages deep, in turn: the same work at each
/// depth, whichever month it is in.
/// </summary>
internal static class HistoryBench
{
    private const int Messages = 1_000_000,
        Months = 12,
        Page = 50,
        Pages = 400,
        Rounds = 5;

    internal static async Task<int> Run()
    {
        await BenchServer.CreateDatabase("bench_history");
        await using var server = await BenchServer.Start(
            BenchServer.Native,
            "bench_history",
            ("VEZA__ROLES", "api,chat")
        );
        await using var postgres = NpgsqlDataSource.Create(server.Postgres + ";Command Timeout=3600");
        using var http = new HttpClient { BaseAddress = server.Url };
        var signedIn = await LoadBench.Data(
            await http.PostAsJsonAsync(
                "/api/v1/auth/register",
                new
                {
                    email = "bench@example.org",
                    username = "bench",
                    password = "only for the bench",
                }
            )
        );
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Bearer",
            signedIn.GetProperty("access_token").GetString()
        );
        var room = (await LoadBench.Data(await http.PostAsJsonAsync("/api/v1/chat/rooms", new { name = "Bench" })))
            .GetProperty("id")
            .GetGuid();
        await Seed(postgres, room, signedIn.GetProperty("user").GetProperty("id").GetGuid());
        var depths = new (string Name, Func<int, string> Query)[]
        {
            ("before, depth 1", i => $"before={Messages + 1 - i}"),
            ("before, depth 500,000", i => $"before={Messages / 2 - i}"),
            ("before, depth 1,000,000", i => $"before={Pages + Page + 1 - i}"),
            ("after, depth 1", i => $"after={Messages - Page - i}"),
            ("after, depth 1,000,000", i => $"after={i}"),
            ("around, depth 1", i => $"around={Messages - Page - i}"),
            ("around, depth 1,000,000", i => $"around={Page + i}"),
        };
        var timings = depths.Select(_ => new Timings()).ToArray();
        for (var round = 0; round <= Rounds; round++)
            foreach (var (index, depth) in depths.Index())
                for (var i = 0; i < Pages; i++)
                {
                    var began = Stopwatch.GetTimestamp();
                    using var answer = await http.GetAsync(
                        $"/api/v1/chat/rooms/{room}/messages?limit={Page}&{depth.Query(i)}"
                    );
                    await answer.Content.CopyToAsync(Stream.Null);
                    // The first round warms up.
                    if (round > 0)
                        timings[index]
                            .Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds, answer.IsSuccessStatusCode);
                }

        var report = new Report(
            "history",
            "./dev bench history",
            "page",
            "p50 ms",
            "p95 ms",
            "p99 ms",
            "errors",
            "of depth 1"
        );
        foreach (var (index, depth) in depths.Index())
        {
            var first = timings[Array.FindIndex(depths, d => d.Name == $"{depth.Name.Split(',')[0]}, depth 1")];
            report.Row(
                depth.Name,
                timings[index].Percentile(0.5),
                timings[index].Percentile(0.95),
                timings[index].Percentile(0.99),
                timings[index].Errors,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{timings[index].Percentile(0.5) / first.Percentile(0.5):0.00}"
                )
            );
        }

        await report.Save(
            $"{(BenchServer.Native is null ? "JIT" : "native")} build. {Messages:N0} messages of one room over {Months} months, {Page} to a page, one request at a time, the depths in turn, {Rounds} rounds of {Pages}."
        );
        return 0;
    }

    private static async Task Seed(NpgsqlDataSource postgres, Guid room, Guid author)
    {
        var watch = Stopwatch.StartNew();
        await Execute(
            postgres,
            $"""
            select make_message_partition(date_trunc('month', now() - make_interval(months => n), 'UTC'))
              from generate_series(0, {Months}) n
            """
        );
        await Execute(
            postgres,
            $"""
            insert into message (id, room_id, seq, client_id, author_id, content, created_at)
            select overlay(gen_random_uuid()::text placing left(uuid_at(at)::text, 13) from 1 for 13)::uuid, '{room}', n, 'c' || n, '{author}', 'A message of usual length, say about sixty characters or so', at
              from (select n, now() - make_interval(months => {Months}) * (1 - n / {Messages}.0) as at from generate_series(1, {Messages}) n) t
            """
        );
        await Execute(postgres, $"update room set last_seq = {Messages} where id = '{room}'");
        await Execute(postgres, "vacuum analyze");
        Console.WriteLine($"seeded in {watch.Elapsed.TotalSeconds:0} s");
    }

    private static async Task Execute(NpgsqlDataSource postgres, string sql)
    {
        await using var command = postgres.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
