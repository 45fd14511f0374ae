using System.Globalization;
using Veza.Bench.Load;

namespace Veza.Bench.Fan;

/// <summary>
/// P5: fan-out across two nodes. A room of 500 receivers, half on each, beside Socket.IO with its Redis adapter on two
/// nodes and the same Redis. First with as many messages under way as in one node's bench, for the maximum; then half
/// of that at fixed times, for the delays. Veza stores each message, Socket.IO none.
/// </summary>
internal static class NodesBench
{
    internal static async Task<int> Run(int rounds, int seconds)
    {
        await BenchServer.CreateDatabase("bench_nodes");
        await using var one = await FanoutBench.Server(
            "bench_nodes",
            ("VEZA__ROLES", "api,chat"),
            ("VEZA__PUBLIC_URL", "http://chat.example.org")
        );
        await using var two = await FanoutBench.Server(
            "bench_nodes",
            ("VEZA__ROLES", "api,chat"),
            ("VEZA__PUBLIC_URL", "http://chat.example.org"),
            ("VEZA__DATA", one.DataDirectory)
        );
        var target = await FanoutBench.Room(one, "Two nodes");
        using var veza = Contestant.Of("Veza: stored, acknowledged", target, one, two);
        using var peer = await Contestant.SocketIo(nodes: 2);
        var report = new Report(
            "nodes",
            "./dev bench nodes",
            "round",
            "server",
            "deliveries/s",
            "messages/s",
            "p99 ms",
            "CPU us per delivery",
            "messages/s at half",
            "p50 ms at half",
            "p99 ms at half",
            "lost"
        );
        for (var round = 1; round <= rounds; round++)
        {
            foreach (var contestant in new[] { veza, peer })
            {
                var bytes = contestant == veza ? FanoutBench.ContentBytes : FanoutBench.FrameBytes;
                var full = await contestant.Measure(FanoutBench.Receivers, seconds, FanoutBench.Window, 0, bytes);
                contestant.Results.Add(full);
                var messages = full.DeliveriesPerS / FanoutBench.Receivers;
                var half = await contestant.Measure(FanoutBench.Receivers, seconds, 0, (int)(messages / 2), bytes);
                report.Row(
                    round,
                    contestant.Name,
                    Math.Round(full.DeliveriesPerS),
                    Math.Round(messages),
                    full.P99Ms,
                    FanoutBench.Two(full.CpuUs),
                    Math.Round(messages / 2),
                    half.P50Ms,
                    half.P99Ms,
                    full.Lost + half.Lost
                );
            }
        }

        var ratio = FanoutBench.Median(veza, r => r.DeliveriesPerS) / FanoutBench.Median(peer, r => r.DeliveriesPerS);
        await report.Save(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{FanoutBench.Build} build. {FanoutBench.Receivers} receivers, half on each of two nodes, "
                    + $"{FanoutBench.Window} messages under way, then half as many a second at fixed times. Medians of "
                    + $"{rounds} rounds of {seconds} s: Veza, which stores and acknowledges every message, delivers "
                    + $"{ratio:0.0} times what Socket.IO with its Redis adapter does. Both nodes have core 0, the load "
                    + $"generator core 1; PostgreSQL and Redis have both."
            )
        );
        return 0;
    }
}
