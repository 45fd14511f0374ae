namespace Veza.Bench.Load;

/// <summary>
/// Cold start to the first 200, and resident memory when ready, with all roles: the native binary beside the JIT build,
/// in turn.
/// </summary>
internal static class StartupBench
{
    private const int Rounds = 5;

    internal static async Task<int> Run()
    {
        var report = new Report(
            "startup",
            "./dev bench startup",
            "build",
            "first 200, median ms",
            "fastest ms",
            "resident when ready, MiB"
        );
        var contestants = new List<(string Name, string? Native, List<double> Ms, List<double> Mib)>
        {
            ("JIT", null, [], []),
        };
        if (BenchServer.Native is { } native)
            contestants.Insert(0, ("native", native, [], []));
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var contestant in contestants)
            {
                // A new one each time: the keys in it are sealed with the master key of one server.
                await BenchServer.CreateDatabase("bench_startup");
                await using var server = await BenchServer.Start(contestant.Native, "bench_startup");
                contestant.Ms.Add(server.FirstAnswerMs);
                contestant.Mib.Add(server.MemoryMib("VmRSS"));
            }
        }

        foreach (var (name, _, ms, mib) in contestants)
            report.Row(name, ms.Order().ElementAt(Rounds / 2), ms.Min(), mib.Order().ElementAt(Rounds / 2));
        await report.Save(
            BenchServer.Native is null ? "The native binary was not there: `./dev publish` makes it." : null
        );
        return 0;
    }
}
