using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.RegularExpressions;
using Npgsql;
using Veza.Features.Chat.Messages;

namespace Veza.Bench.Load;

/// <summary>
/// Posting messages over sockets, each speaker waiting for the acknowledgement before the next: everybody in a room of
/// their own, where nothing can be gathered, and all in one. Beside them pgbench sends the same statements to the same
/// server, as many at once, in rooms of their own and in one, a message at a time.
/// </summary>
internal static partial class PostsBench
{
    private const int Speakers = 64,
        Rounds = 3,
        EachS = 8,
        PerSocketMax = 190;

    internal static async Task<int> Run()
    {
        await BenchServer.CreateDatabase("bench_posts");
        await using var server = await BenchServer.Start(
            BenchServer.Native,
            "bench_posts",
            ("VEZA__ROLES", "api,chat"),
            ("VEZA__LIMITS__ROOM__PER_SUBJECT", "0")
        );
        await using var postgres = NpgsqlDataSource.Create(server.Postgres);
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
        var (token, author) = (
            signedIn.GetProperty("access_token").GetString(),
            signedIn.GetProperty("user").GetProperty("id").GetGuid()
        );
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        await Execute(postgres, "create table bench_room (n bigserial primary key, id uuid not null)");
        var rooms = new List<string>();
        for (var i = 0; i < Speakers; i++)
        {
            rooms.Add(
                (await LoadBench.Data(await http.PostAsJsonAsync("/api/v1/chat/rooms", new { name = $"Bench {i}" })))
                    .GetProperty("id")
                    .GetString()!
            );
            await Execute(postgres, $"insert into bench_room (id) values ('{rooms[^1]}')");
        }

        var report = new Report(
            "posts",
            "./dev bench posts",
            "round",
            "rooms",
            "Veza messages/s",
            "pgbench messages/s",
            "ratio"
        );
        for (var round = 1; round <= Rounds; round++)
        {
            foreach (var count in new[] { Speakers, 1 })
            {
                var veza = await Talk(server.Url, token!, rooms[..count]);
                var pgbench = await PgBench(server.Postgres, author, count);
                report.Row(
                    round,
                    count,
                    Math.Round(veza),
                    Math.Round(pgbench),
                    string.Create(CultureInfo.InvariantCulture, $"{veza / pgbench:0.00}")
                );
            }
        }

        await report.Save(
            $"{(BenchServer.Native is null ? "JIT" : "native")} build. {Speakers} speakers on as many sockets, {EachS} s each, in turn, and at most {PerSocketMax} messages a second by a socket; server, PostgreSQL and load generator share the machine. pgbench: {Speakers} clients, the statements that Veza sends for one message, prepared, in one round trip, and before it one to look the room up."
        );
        return 0;
    }

    private static async Task<double> Talk(Uri url, string token, List<string> rooms)
    {
        var said = 0L;
        var watch = new Stopwatch();
        await Task.WhenAll(
            Enumerable
                .Range(0, Speakers)
                .Select(async i =>
                {
                    using var client = await FrameClient.Open(
                        new Uri(url, "/api/v1/chat/ws"),
                        ("Authorization", $"Bearer {token}"),
                        ("Sec-WebSocket-Protocol", "veza.chat.v1")
                    );
                    var answered = new SemaphoreSlim(0);
                    var refused = "";
                    var listening = client.Receive(frame =>
                    {
                        if (frame.StartsWith("""{"type":"ack","""u8))
                            answered.Release();
                        else if (frame.StartsWith("""{"type":"error","""u8))
                            refused = Encoding.UTF8.GetString(frame);
                    });
                    watch.Start();
                    var dueS = 0.0;
                    while (watch.Elapsed.TotalSeconds < EachS)
                    {
                        // The server closes a socket that sends more, also when it made up for a pause.
                        if (dueS > watch.Elapsed.TotalSeconds)
                            await Task.Delay(TimeSpan.FromSeconds(dueS - watch.Elapsed.TotalSeconds));
                        dueS = Math.Max(dueS, watch.Elapsed.TotalSeconds) + 1.0 / PerSocketMax;
                        await client.Send(
                            $$"""{"type":"message.send","room_id":"{{rooms[i % rooms.Count]}}","client_id":"{{Guid.CreateVersion7():N}}","content":"A message of usual length, say about sixty characters or so"}"""
                        );
                        if (!await answered.WaitAsync(TimeSpan.FromSeconds(10)))
                            throw new TimeoutException(
                                $"A message was not acknowledged. {refused} {listening.Exception?.InnerException?.Message}"
                            );
                        Interlocked.Increment(ref said);
                    }

                    client.Dispose();
                    await listening.ContinueWith(static _ => { }, TaskScheduler.Default);
                })
        );
        return said / watch.Elapsed.TotalSeconds;
    }

    private static async Task<double> PgBench(string connection, Guid author, int rooms)
    {
        var settings = new NpgsqlConnectionStringBuilder(connection);
        var script = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(script, Script(author, rooms));
            var program = Directory
                .EnumerateFiles("/usr/lib/postgresql", "pgbench", SearchOption.AllDirectories)
                .Order()
                .Last();
            var start = new ProcessStartInfo(
                program,
                [
                    "-n",
                    "-M",
                    "prepared",
                    "-c",
                    $"{Speakers}",
                    "-j",
                    "1",
                    "-T",
                    $"{EachS}",
                    "-f",
                    script,
                    "-h",
                    settings.Host!,
                    "-p",
                    $"{settings.Port}",
                    "-U",
                    settings.Username!,
                    settings.Database!,
                ]
            )
            {
                RedirectStandardOutput = true,
            };
            start.Environment["PGPASSWORD"] = settings.Password;
            start.Environment["PGOPTIONS"] = "-c plan_cache_mode=force_generic_plan";
            using var process = Process.Start(start)!;
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return double.Parse(TpsPattern().Match(output).Groups[1].Value, CultureInfo.InvariantCulture);
        }
        finally
        {
            File.Delete(script);
        }
    }

    /// <summary>
    /// The statements of a post are Veza's own, in one round trip and transaction; each client has a room, looked up
    /// before.
    /// </summary>
    private static string Script(Guid author, int rooms)
    {
        var post = MessageWriter.Sql;
        foreach (
            var (parameter, value) in new[]
            {
                (
                    "@ids",
                    "array[overlay(gen_random_uuid()::text placing left(uuid_at(now())::text, 13) from 1 for 13)::uuid]"
                ),
                ("@authorIds", $"array['{author}']"),
                ("@clientIds", "array[gen_random_uuid()::text]"),
                ("@contents", "array['A message of usual length, say about sixty characters or so']"),
                ("@repliesTo", $"array['{Guid.Empty}']"),
                ("@trackIds", $"array['{Guid.Empty}']"),
                ("@positionsMs", "array[-1]"),
                ("@mentions", "array['[]']"),
                ("@calls", "array['']"),
                ("@kept", "'31 days'"),
                ("@roomId", ":room::uuid"),
            }
        )
            post = post.Replace(parameter, value, StringComparison.Ordinal);
        return $"""
            \set r :client_id % {rooms} + 1
            select id as room from bench_room where n = :r \gset
            \startpipeline
            call hold_room(:room::uuid);
            {post};
            \endpipeline
            """;
    }

    private static async Task Execute(NpgsqlDataSource postgres, string sql)
    {
        await using var command = postgres.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    [GeneratedRegex(@"tps = ([0-9.]+)")]
    private static partial Regex TpsPattern();
}
