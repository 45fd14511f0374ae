using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Veza.Bench.Load;

/// <summary>
/// Kestrel and nothing else, sending one file by the framework's own range processing: what a server of ranges can be
/// measured by.
/// </summary>
internal static class BareKestrel
{
    internal static async Task<int> Run(string port, string file)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        var app = builder.Build();
        app.MapGet("/file", () => TypedResults.PhysicalFile(file, "audio/mp4", enableRangeProcessing: true));
        await app.RunAsync();
        return 0;
    }
}
