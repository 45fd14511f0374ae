using Veza.Bench.Load;
using Veza.Bench.Micro;
using Veza.Bench.Seed;

return await (args switch
{
    ["seed", "--url", var url, "--out", var folder] => Seed.Run(new Uri(url), new DirectoryInfo(folder), CancellationToken.None),
    ["load"] => LoadBench.Run(),
    ["ranges"] => RangesBench.Run(),
    ["bare-kestrel", var port, var file] => BareKestrel.Run(port, file),
    ["identity"] => IdentityBench.Run(),
    ["startup"] => StartupBench.Run(),
    ["micro"] => MicroBench.Run(),
    ["all"] => All(),
    _ => Usage(),
});

static async Task<int> All() => await StartupBench.Run() + await LoadBench.Run() + await RangesBench.Run() + await IdentityBench.Run() + await MicroBench.Run();

static Task<int> Usage()
{
    Console.Error.WriteLine("veza-bench seed --url URL --out FOLDER | startup | load | ranges | identity | micro | all");
    return Task.FromResult(2);
}
