using Veza.Bench.Load;

namespace Veza.Bench.Fan;

/// <summary>
/// P7: what an idle socket costs, signed in to Veza and on bare Kestrel; and how long a stop takes with all of them
/// open.
/// </summary>
internal static class SocketsBench
{
    internal static async Task<int> Run(int sockets)
    {
        var port = BenchServer.FreePort();
        await BenchServer.CreateDatabase("bench_sockets");
        await using var server = await FanoutBench.Server("bench_sockets");
        var target = await FanoutBench.Room(server, "Idle");
        using var bare = await Contestant.Start(
            "bare Kestrel WebSockets",
            FanProtocol.Text,
            port,
            "dotnet",
            [Contestant.Self, "bare-sockets", Contestant.Number(port)]
        );
        using var idle = Contestant.Of("Veza, signed in", target with { Room = null }, server);
        using var joined = Contestant.Of("Veza, signed in and in one room", target, server);
        var report = new Report(
            "sockets",
            "./dev bench sockets",
            "who",
            "sockets",
            "KiB each",
            "over bare Kestrel, KiB"
        );
        var (bareKib, beforeKib) = (0.0, 0L);
        foreach (var contestant in new[] { bare, idle, joined })
        {
            // A few first: what the program loads once is not the sockets'. The second time counts, when memory that
            // was freed is in use again.
            using (var first = await contestant.Occupy(Math.Min(500, sockets)))
                first.Kill();
            await Task.Delay(TimeSpan.FromSeconds(3));
            // Veza is one process for both: what it had with the first sockets, it has with the others.
            if (contestant != joined)
                beforeKib = contestant.ResidentKib();
            using var open = await contestant.Occupy(sockets);
            await Task.Delay(TimeSpan.FromSeconds(5));
            var each = (contestant.ResidentKib() - beforeKib) / (double)sockets;
            if (contestant == bare)
                bareKib = each;
            report.Row(contestant.Name, sockets, each, each - bareKib);
            if (contestant != joined)
            {
                open.Kill();
                await Task.Delay(TimeSpan.FromSeconds(8));
                continue;
            }

            // Drained with all of them open, and all in one room.
            var stop = await server.Stop();
            open.Kill();
            await report.Save(
                string.Create(
                    System.Globalization.CultureInfo.InvariantCulture,
                    $"{FanoutBench.Build} build of Veza; bare Kestrel is JIT. Memory is resident memory. A stop "
                        + $"with {sockets} sockets open in one room took {stop.TotalSeconds:0.0} s."
                )
            );
        }

        return 0;
    }
}
