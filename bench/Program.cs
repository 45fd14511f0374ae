using Veza.Bench.Load;
using Veza.Bench.Micro;
using Veza.Bench.Seed;

return await (args switch
{
    ["seed", "--url", var url, "--out", var folder] => Seed.Run(new Uri(url), new DirectoryInfo(folder), CancellationToken.None),
    ["load"] => LoadBench.Run(),
    ["identity"] => IdentityBench.Run(),
    ["plays"] => PlaysBench.Run(null),
    ["plays", var tracks] when int.TryParse(tracks, out var count) => PlaysBench.Run(count),
    ["startup"] => StartupBench.Run(),
    ["micro"] => MicroBench.Run(),
    ["all"] => All(),
    _ => Usage(),
});

static async Task<int> All() => await StartupBench.Run() + await LoadBench.Run() + await IdentityBench.Run() + await PlaysBench.Run(null) + await MicroBench.Run();

static Task<int> Usage()
{
    Console.Error.WriteLine("veza-bench seed --url URL --out FOLDER | startup | load | identity | plays [TRACKS] | micro | all");
    return Task.FromResult(2);
}
