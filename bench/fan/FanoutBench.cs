using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Veza.Bench.Load;

namespace Veza.Bench.Fan;

/// <summary>
/// P4: one room of 500, messages stored and acknowledged, beside servers that store nothing: uWebSockets (in Bun),
/// NATS, Socket.IO with its Redis adapter, and Kestrel's own WebSockets. P6: rooms of 10 to 10,000, CPU for a delivery.
/// R13: the others' delays while some do not read.
/// </summary>
internal static class FanoutBench
{
    /// <summary>
    /// Veza's frame has about 330 bytes around the content: the others' messages are as long as its frame.
    /// </summary>
    internal const int ContentBytes = 128,
        FrameBytes = ContentBytes + 330,
        Window = 32,
        Receivers = 500;

    /// <summary>
    /// With one under way each delivery is a system call; the more there are, the more of them share one.
    /// </summary>
    private static readonly int[] Windows = [1, 4, Window, 128];

    internal static async Task<int> Run(int rounds, int seconds)
    {
        await BenchServer.CreateDatabase("bench_fanout");
        await using var server = await Server("bench_fanout");
        var target = await Room(server, "Fan-out");
        await Fanout(server, target, rounds, seconds);
        await Rooms(server, seconds);
        return 0;
    }

    /// <summary>With limits that are not what is measured.</summary>
    internal static Task<BenchServer> Server(string database, params (string Name, string Value)[] settings) =>
        BenchServer.StartOn(
            Contestant.ServerCore,
            BenchServer.Native,
            database,
            [
                ("VEZA__SOCKETS__PERSON_MAX", "1000000"),
                ("VEZA__SOCKETS__NODE_MAX", "1000000"),
                ("VEZA__HTTP__CONNECTIONS_MAX", "1000000"),
                ("VEZA__AUTH__ACCESS_TOKEN_S", "3600"),
                .. settings,
            ]
        );

    internal static async Task<FanTarget> Room(BenchServer server, string name)
    {
        using var http = new HttpClient { BaseAddress = server.Url };
        var who = $"fan{Guid.CreateVersion7():N}"[..20];
        var signedIn = await LoadBench.Data(
            await http.PostAsJsonAsync(
                "/api/v1/auth/register",
                new
                {
                    email = $"{who}@example.org",
                    username = who,
                    password = "only for the bench",
                }
            )
        );
        var token = signedIn.GetProperty("access_token").GetString()!;
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        JsonElement room = await LoadBench.Data(await http.PostAsJsonAsync("/api/v1/chat/rooms", new { name }));
        return new FanTarget([server.Url.Port], token, room.GetProperty("id").GetString());
    }

    private static async Task Fanout(BenchServer server, FanTarget target, int rounds, int seconds)
    {
        var (bunPort, natsPort, barePort, peers) = (
            BenchServer.FreePort(),
            BenchServer.FreePort(),
            BenchServer.FreePort(),
            Contestant.Peers
        );
        Contestant[] contestants =
        [
            Contestant.Of("Veza: stored, acknowledged", target, server),
            await Contestant.Start(
                "uWebSockets (Bun)",
                FanProtocol.Text,
                bunPort,
                $"{peers}/node_modules/@oven/bun-linux-x64/bin/bun",
                [$"{peers}/bun-room.ts"],
                ("PORT", Contestant.Number(bunPort))
            ),
            await Contestant.Start(
                "NATS",
                FanProtocol.Nats,
                natsPort,
                "nats-server",
                ["-a", "127.0.0.1", "-p", Contestant.Number(natsPort)],
                ("GOMAXPROCS", "1")
            ),
            await Contestant.Start(
                "Kestrel's WebSockets",
                FanProtocol.Text,
                barePort,
                "dotnet",
                [Contestant.Self, "bare-sockets", Contestant.Number(barePort)]
            ),
            await Contestant.SocketIo(nodes: 1),
        ];
        var report = new Report(
            "fanout",
            "./dev bench fanout",
            "under way",
            "who",
            "deliveries/s, median",
            "lowest",
            "highest",
            "CPU us per delivery",
            "p50 ms",
            "p99 ms",
            "lost",
            "generator us per delivery",
            "Veza has of it"
        );
        try
        {
            foreach (var window in Windows)
                await Compare(contestants, window, rounds, seconds, report);
        }
        finally
        {
            foreach (var contestant in contestants)
                contestant.Dispose();
        }

        await report.Save(
            $"{Build} build. One room, {Receivers} receivers, at most so many messages under way, {rounds} "
                + $"rounds of {seconds} s in turn; the server on one core, the generator on the other. "
                + "Veza's process alone is counted, not PostgreSQL's, which shares the cores; its messages are stored "
                + "and acknowledged, the others' are not."
        );
    }

    private static async Task Compare(Contestant[] contestants, int window, int rounds, int seconds, Report report)
    {
        foreach (var contestant in contestants)
            contestant.Results.Clear();
        for (var round = 0; round < rounds; round++)
            foreach (var contestant in contestants)
                contestant.Results.Add(
                    await contestant.Measure(
                        Receivers,
                        seconds,
                        window,
                        0,
                        contestant == contestants[0] ? ContentBytes : FrameBytes
                    )
                );
        var veza = Median(contestants[0], r => r.DeliveriesPerS);
        foreach (var c in contestants)
            report.Row(
                window,
                c.Name,
                Math.Round(Median(c, r => r.DeliveriesPerS)),
                Math.Round(c.Results.Min(r => r.DeliveriesPerS)),
                Math.Round(c.Results.Max(r => r.DeliveriesPerS)),
                Two(Median(c, r => r.CpuUs)),
                Median(c, r => r.P50Ms),
                Median(c, r => r.P99Ms),
                c.Results.Sum(r => r.Lost),
                Two(Median(c, r => r.LoadCpuUs)),
                Two(veza / Median(c, r => r.DeliveriesPerS))
            );
    }

    private static async Task Rooms(BenchServer server, int seconds)
    {
        var report = new Report(
            "rooms",
            "./dev bench fanout",
            "receivers",
            "deliveries/s",
            "CPU us per delivery",
            "of that at 100",
            "p50 ms",
            "p99 ms",
            "lost"
        );
        var results = new List<(int Receivers, FanResult Result)>();
        foreach (var receivers in new[] { 10, 100, 1000, 10_000 })
        {
            using var veza = Contestant.Of("Veza", await Room(server, $"Room of {receivers}"), server);
            // The same load in deliveries a second wherever messages alone would not be the cost: CPU is compared, not
            // the maximum.
            results.Add(
                (
                    receivers,
                    await veza.Measure(receivers, seconds, 0, Math.Clamp(20_000 / receivers, 2, 800), ContentBytes)
                )
            );
        }

        var at100 = results.Single(r => r.Receivers == 100).Result.CpuUs;
        foreach (var (receivers, result) in results)
            report.Row(
                receivers,
                Math.Round(result.DeliveriesPerS),
                Two(result.CpuUs),
                Two(result.CpuUs / at100),
                result.P50Ms,
                result.P99Ms,
                result.Lost
            );
        await report.Save(
            $"{Build} build. 20,000 deliveries a second, or two messages a second; storing and acknowledging a "
                + $"message is in its CPU, so in small rooms there is more of it in each delivery."
        );
    }

    internal static string Build => BenchServer.Native is null ? "JIT" : "native";

    internal static string Two(double number) =>
        number.ToString("0.00", System.Globalization.CultureInfo.InvariantCulture);

    internal static double Median(Contestant contestant, Func<FanResult, double> of) =>
        contestant.Results.Select(of).Order().ElementAt(contestant.Results.Count / 2);
}
