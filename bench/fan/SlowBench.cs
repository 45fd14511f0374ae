using Veza.Bench.Load;

namespace Veza.Bench.Fan;

/// <summary>
/// R13: a room of 1,000 of whom 100 stop reading. What the others wait for a message before and after, how much memory
/// it takes and how soon it is over.
/// </summary>
internal static class SlowBench
{
    private const int Receivers = 900,
        Slow = 100,
        RatePerS = 20,
        ContentBytes = 1000;

    internal static async Task<int> Run(int seconds)
    {
        await BenchServer.CreateDatabase("bench_slow");
        await using var server = await FanoutBench.Server("bench_slow");
        var target = await FanoutBench.Room(server, "Slow ones");
        using var veza = Contestant.Of("Veza", target, server);
        var report = new Report(
            "slow",
            "./dev bench slow",
            "who",
            "p50 ms",
            "p99 ms",
            "lost",
            "memory over before, MiB"
        );
        var beforeKib = veza.ResidentKib();
        var alone = await veza.Measure(Receivers, seconds, 0, RatePerS, ContentBytes);
        report.Row(
            $"{Receivers} that read",
            alone.P50Ms,
            alone.P99Ms,
            alone.Lost,
            (veza.ResidentKib() - beforeKib) / 1024.0
        );
        using var slow = await veza.Occupy(Slow);
        // Stopped as they are: their sockets stay open and nobody reads.
        await BenchServer.Signal(slow.Id, "STOP");
        var peak = veza.ResidentKib();
        using var stop = new CancellationTokenSource();
        var watching = Task.Run(async () =>
        {
            for (; !stop.IsCancellationRequested; await Task.Delay(100))
                peak = Math.Max(peak, veza.ResidentKib());
        });
        var beside = await veza.Measure(Receivers, Math.Max(seconds, 60), 0, RatePerS, ContentBytes);
        await stop.CancelAsync();
        await watching;
        slow.Kill();
        report.Row(
            $"the same, beside {Slow} that do not",
            beside.P50Ms,
            beside.P99Ms,
            beside.Lost,
            (peak - beforeKib) / 1024.0
        );
        await report.Save(
            string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"{FanoutBench.Build} build. p99 beside the slow ones is {beside.P99Ms / alone.P99Ms:0.00} "
                    + $"times its value alone (goal: 2). {RatePerS} messages a second of {ContentBytes} characters."
            )
        );
        return 0;
    }
}
