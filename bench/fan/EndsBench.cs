using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using Npgsql;
using Veza.Bench.Load;

namespace Veza.Bench.Fan;

/// <summary>
/// R14: sockets whose other side has gone without a word. R15: a stop while many talk and read, again and again.
/// </summary>
internal static class EndsBench
{
    private const int Silent = 200,
        Speakers = 64,
        Readers = 16,
        Writers = 16,
        GoneWithinS = 45,
        ExitWithinS = 30;
    private static readonly TimeSpan Load = TimeSpan.FromSeconds(2);

    internal static async Task<int> Run(int stops)
    {
        await BenchServer.CreateDatabase("bench_ends");
        var data = Directory.CreateTempSubdirectory("veza-bench-data-").FullName;
        var report = new Report(
            "ends",
            "./dev bench ends",
            "what",
            "acknowledged",
            "of these lost",
            "requests answered",
            "broken in flight",
            "s until the end"
        );
        await Vanish(data, report);
        var ends = new List<Ending>();
        for (var stop = 1; stop <= stops; stop++)
        {
            ends.Add(await Stop(data, stop));
            report.Row(
                $"stop {stop}",
                ends[^1].Acknowledged,
                ends[^1].Lost,
                ends[^1].Answered,
                ends[^1].Broken,
                ends[^1].Seconds
            );
        }

        Directory.Delete(data, recursive: true);
        await report.Save(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{FanoutBench.Build} build. {Silent} sockets whose process is stopped (SIGSTOP) and answers no "
                    + $"ping; the goal is {GoneWithinS} s for the last. Then SIGTERM while {Speakers} sockets and "
                    + $"{Writers} clients post and {Readers} read over HTTP until they are told that their connections "
                    + $"end, {stops} times: lost {ends.Sum(e => e.Lost)} of {ends.Sum(e => e.Acknowledged)} "
                    + $"acknowledged, "
                    + $"broken {ends.Sum(e => e.Broken)}, the longest {ends.Max(e => e.Seconds):0.0} s; the goals "
                    + $"are 0, "
                    + $"0 and {ExitWithinS} s."
            )
        );
        return 0;
    }

    private sealed record Ending(int Acknowledged, long Lost, int Answered, int Broken, double Seconds);

    private static async Task Vanish(string data, Report report)
    {
        await using var server = await FanoutBench.Server("bench_ends", ("VEZA__DATA", data));
        using var veza = Contestant.Of("Veza", await FanoutBench.Room(server, "Silent"), server);
        using var sockets = await veza.Occupy(Silent);
        var before = Established(server.Url.Port);
        await BenchServer.Signal(sockets.Id, "STOP");
        var since = Stopwatch.StartNew();
        while (Established(server.Url.Port) > before - Silent && since.Elapsed.TotalSeconds < 2 * GoneWithinS)
            await Task.Delay(100);
        report.Row(
            $"{Silent} that answer nothing, until the last is found",
            "",
            "",
            "",
            "",
            since.Elapsed.TotalSeconds
        );
        sockets.Kill();
    }

    private static async Task<Ending> Stop(string data, int number)
    {
        await using var server = await FanoutBench.Server("bench_ends", ("VEZA__DATA", data));
        var target = await FanoutBench.Room(server, $"Ends {number}");
        var (acknowledged, answered, broken) = (new ConcurrentBag<string>(), 0, 0);
        using var http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5) })
        {
            BaseAddress = server.Url,
        };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", target.Token);
        Task[] load =
        [
            .. Enumerable.Range(0, Speakers).Select(_ => Talk(server.Url, target, acknowledged)),
            .. Enumerable
                .Range(0, Readers)
                .Select(_ => Ask(() => http.GetAsync($"/api/v1/chat/rooms/{target.Room}/messages?limit=20"), _ => { })),
            .. Enumerable.Range(0, Writers).Select(_ => Ask(Post, acknowledged.Add)),
        ];
        await Task.Delay(Load);
        var seconds = (await server.Stop()).TotalSeconds;
        await Task.WhenAll(load);
        await using var postgres = NpgsqlDataSource.Create(server.Postgres);
        await using var count = postgres.CreateCommand(
            "select count(*) from message where room_id = $1 and client_id = any($2)"
        );
        count.Parameters.AddWithValue(Guid.Parse(target.Room!));
        count.Parameters.AddWithValue(acknowledged.ToArray());
        return new Ending(
            acknowledged.Count,
            acknowledged.Count - (long)(await count.ExecuteScalarAsync())!,
            answered,
            broken,
            seconds
        );

        async Task<HttpResponseMessage> Post()
        {
            var clientId = Guid.CreateVersion7().ToString("N");
            var answer = await http.PostAsJsonAsync(
                $"/api/v1/chat/rooms/{target.Room}/messages",
                new { client_id = clientId, content = "said over HTTP" }
            );
            answer.Headers.Add("X-Said", clientId);
            return answer;
        }

        async Task Ask(Func<Task<HttpResponseMessage>> ask, Action<string> said)
        {
            // Until it is told that this connection ends.
            for (var isTold = false; !isTold; )
            {
                try
                {
                    using var answer = await ask();
                    isTold = answer.Headers.ConnectionClose ?? false;
                    await answer.Content.ReadAsByteArrayAsync();
                    if ((int)answer.StatusCode >= 500)
                        Interlocked.Increment(ref broken);
                    else
                        Interlocked.Increment(ref answered);
                    if (answer.StatusCode == HttpStatusCode.Created)
                        said(answer.Headers.GetValues("X-Said").Single());
                }
                catch (HttpRequestException)
                {
                    Interlocked.Increment(ref broken);
                    return;
                }
            }
        }
    }

    /// <summary>Says one thing after the other, each when the last is acknowledged, until the server closes.</summary>
    private static async Task Talk(Uri url, FanTarget target, ConcurrentBag<string> acknowledged)
    {
        using var client = await FrameClient.Open(
            new Uri(url, "/api/v1/chat/ws"),
            ("Authorization", $"Bearer {target.Token}"),
            ("Sec-WebSocket-Protocol", "veza.chat.v1")
        );
        using var heard = new SemaphoreSlim(0);
        using var over = new CancellationTokenSource();
        var listening = Listen();
        while (!over.IsCancellationRequested)
        {
            var clientId = Guid.CreateVersion7().ToString("N");
            try
            {
                await client.Send(
                    $$"""{"type":"message.send","room_id":"{{target.Room}}","client_id":"{{clientId}}","content":"said on a socket"}"""
                );
                await heard.WaitAsync(over.Token);
                acknowledged.Add(clientId);
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                break;
            }
        }

        await listening;

        async Task Listen()
        {
            try
            {
                await client.Receive(frame =>
                {
                    if (frame.StartsWith("""{"type":"ack","""u8))
                        heard.Release();
                });
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                await over.CancelAsync();
            }
        }
    }

    /// <summary>
    /// Connections to a port of this machine, as the server's side of them stands in the kernel's table.
    /// </summary>
    private static int Established(int port)
    {
        var local = port.ToString("X4", CultureInfo.InvariantCulture);
        return new[] { "/proc/net/tcp", "/proc/net/tcp6" }
            .SelectMany(File.ReadLines)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Count(fields =>
                fields.Length > 3 && fields[1].EndsWith($":{local}", StringComparison.Ordinal) && fields[3] == "01"
            );
    }
}
