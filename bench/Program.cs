using System.Globalization;
using Veza.Bench.Fuzz;
using Veza.Bench.Load;
using Veza.Bench.Micro;
using Veza.Bench.Seed;

return await (args switch
{
    ["seed", "--url", var url, "--out", var folder] => Seed.Run(new Uri(url), new DirectoryInfo(folder), CancellationToken.None),
    ["load"] => LoadBench.Run(),
    ["analysis"] => AnalysisBench.Run(),
    ["ranges"] => RangesBench.Run(),
    ["bare-kestrel", var port, var file] => BareKestrel.Run(port, file),
    ["identity"] => IdentityBench.Run(),
    ["uploads"] => UploadBench.Run(),
    ["search"] => SearchBench.Run(),
    ["plays"] => PlaysBench.Run(null),
    ["plays", var tracks] when int.TryParse(tracks, out var count) => PlaysBench.Run(count),
    ["startup"] => StartupBench.Run(),
    ["fuzz"] => FuzzBench.Run(),
    ["import"] => ImportBench.Run(),
    ["transcode", .. var rest] => TranscodeBench.Run(Number(rest, 0, 240), Number(rest, 1, 3)),
    ["jobs", .. var rest] => JobsBench.Run(Number(rest, 0, 1000), Number(rest, 1, 100), Number(rest, 2, 100)),
    ["micro"] => MicroBench.Run(),
    ["all"] => All(),
    _ => Usage(),
});

static async Task<int> All() =>
    await StartupBench.Run() + await LoadBench.Run() + await RangesBench.Run() + await IdentityBench.Run()
    + await SearchBench.Run() + await PlaysBench.Run(null) + await AnalysisBench.Run() + await UploadBench.Run() + await TranscodeBench.Run(240, 3) + await MicroBench.Run();

static int Number(string[] arguments, int index, int otherwise) => index < arguments.Length ? int.Parse(arguments[index], CultureInfo.InvariantCulture) : otherwise;

static Task<int> Usage()
{
    Console.Error.WriteLine("veza-bench seed --url URL --out FOLDER | startup | load | ranges | identity | search | plays [TRACKS] | analysis | uploads | transcode [SECONDS [ROUNDS]] | jobs [JOBS [KILLS [STOPS]]] | fuzz | import | micro | all");
    return Task.FromResult(2);
}
