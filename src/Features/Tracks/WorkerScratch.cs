using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Media;

namespace Veza.Features.Tracks;

/// <summary>
/// At the worker's start: removes the files in work of workers that were killed, and says how strangers' media is kept
/// in.
/// </summary>
internal sealed partial class WorkerScratch(
    Settings settings,
    Lazy<Task<MediaSandbox>> sandbox,
    ILogger<WorkerScratch> log
) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var folder in MediaScratch.Clear(settings))
            LogCleared(folder);
        var tools = await sandbox.Value;
        LogProtections(
            string.Join(", ", tools.Protections.InForce),
            tools.Protections.Missing.Count == 0 ? "none" : string.Join(", ", tools.Protections.Missing)
        );
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(Level = LogLevel.Information, Message = "Cleared {Folder}, left by a worker that was killed")]
    private partial void LogCleared(string folder);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Media is processed with these protections: {InForce}; missing: {Missing}"
    )]
    private partial void LogProtections(string inForce, string missing);
}
