using Veza.Bench.Load;
using Veza.Bench.Micro;
using Veza.Bench.Seed;

return await (args switch
{
    ["seed", "--url", var url, "--out", var folder] => Seed.Run(new Uri(url), new DirectoryInfo(folder), CancellationToken.None),
    ["load"] => LoadBench.Run(),
    ["identity"] => IdentityBench.Run(),
    ["search"] => SearchBench.Run(),
    ["startup"] => StartupBench.Run(),
    ["micro"] => MicroBench.Run(),
    ["all"] => All(),
    _ => Usage(),
});

static async Task<int> All() => await StartupBench.Run() + await LoadBench.Run() + await IdentityBench.Run() + await SearchBench.Run() + await MicroBench.Run();

static Task<int> Usage()
{
    Console.Error.WriteLine("veza-bench seed --url URL --out FOLDER | startup | load | identity | search | micro | all");
    return Task.FromResult(2);
}
