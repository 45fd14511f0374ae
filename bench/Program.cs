using Veza.Bench.Fuzz;
using Veza.Bench.Load;
using Veza.Bench.Micro;
using Veza.Bench.Seed;

return await (args switch
{
    ["seed", "--url", var url, "--out", var folder] => Seed.Run(new Uri(url), new DirectoryInfo(folder), CancellationToken.None),
    ["load"] => LoadBench.Run(),
    ["identity"] => IdentityBench.Run(),
    ["uploads"] => UploadBench.Run(),
    ["startup"] => StartupBench.Run(),
    ["fuzz"] => FuzzBench.Run(),
    ["import"] => ImportBench.Run(),
    ["micro"] => MicroBench.Run(),
    ["all"] => All(),
    _ => Usage(),
});

static async Task<int> All() => await StartupBench.Run() + await LoadBench.Run() + await IdentityBench.Run() + await UploadBench.Run() + await MicroBench.Run();

static Task<int> Usage()
{
    Console.Error.WriteLine("veza-bench seed --url URL --out FOLDER | startup | load | identity | uploads | fuzz | import | micro | all");
    return Task.FromResult(2);
}
