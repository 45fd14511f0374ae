using System.Globalization;
using Veza.Bench.Fan;
using Veza.Bench.Fuzz;
using Veza.Bench.Load;
using Veza.Bench.Micro;

return await (
    args switch
    {
        ["load"] => LoadBench.Run(),
        ["analysis"] => AnalysisBench.Run(),
        ["ranges"] => RangesBench.Run(),
        ["bare-kestrel", var port, var file] => BareKestrel.Run(port, file),
        ["bare-sockets", var port] => BareSockets.Run(port),
        ["fan-load", .. var rest] => Task.FromResult(FanLoad.Run(rest)),
        ["fan-idle", .. var rest] => Task.FromResult(FanLoad.Idle(rest)),
        ["fanout", .. var rest] => FanoutBench.Run(Number(rest, 0, 3), Number(rest, 1, 5)),
        ["ends", .. var rest] => EndsBench.Run(Number(rest, 0, 20)),
        ["deflate"] => DeflateBench.Run(),
        ["slow", .. var rest] => SlowBench.Run(Number(rest, 0, 20)),
        ["sockets", .. var rest] => SocketsBench.Run(Number(rest, 0, 10_000)),
        ["identity"] => IdentityBench.Run(),
        ["uploads"] => UploadBench.Run(),
        ["search"] => SearchBench.Run(),
        ["plays"] => PlaysBench.Run(null),
        ["plays", var tracks] when int.TryParse(tracks, out var count) => PlaysBench.Run(count),
        ["presence"] => PresenceBench.Run([100, 1000, 5000]),
        ["presence", .. var sizes] => PresenceBench.Run([
            .. sizes.Select(size => int.Parse(size, CultureInfo.InvariantCulture)),
        ]),
        ["startup"] => StartupBench.Run(),
        ["nodes", .. var rest] => NodesBench.Run(Number(rest, 0, 3), Number(rest, 1, 8)),
        ["history"] => HistoryBench.Run(),
        ["posts"] => PostsBench.Run(),
        ["fuzz"] => FuzzBench.Run(),
        ["import"] => ImportBench.Run(),
        ["transcode", .. var rest] => TranscodeBench.Run(Number(rest, 0, 240), Number(rest, 1, 3)),
        ["jobs", .. var rest] => JobsBench.Run(Number(rest, 0, 1000), Number(rest, 1, 100), Number(rest, 2, 100)),
        ["micro"] => MicroBench.Run(),
        ["all"] => All(),
        _ => Usage(),
    }
);

static async Task<int> All() =>
    await StartupBench.Run()
    + await LoadBench.Run()
    + await RangesBench.Run()
    + await IdentityBench.Run()
    + await SearchBench.Run()
    + await PlaysBench.Run(null)
    + await AnalysisBench.Run()
    + await UploadBench.Run()
    + await TranscodeBench.Run(240, 3)
    + await MicroBench.Run();

static int Number(string[] arguments, int index, int otherwise) =>
    index < arguments.Length ? int.Parse(arguments[index], CultureInfo.InvariantCulture) : otherwise;

static Task<int> Usage()
{
    Console.Error.WriteLine(
        "veza-bench startup | load | nodes [ROUNDS [SECONDS]] | history | posts | "
            + "ranges | fanout [ROUNDS [SECONDS]] | slow [SECONDS] | sockets [SOCKETS] | ends [STOPS] | deflate | "
            + "identity | search | plays [TRACKS] | presence [PEOPLE...] | analysis | uploads | transcode [SECONDS "
            + "[ROUNDS]] | jobs [JOBS [KILLS [STOPS]]] | fuzz | import | micro | all"
    );
    return Task.FromResult(2);
}
