using Veza.Infrastructure.Loops;

namespace Veza.Infrastructure.Limits;

/// <summary>
/// Drops the logs here that another node has cleared. Connects to Redis in passing, so that no request waits for the
/// first connection.
/// </summary>
internal sealed class ClearedLimits(SharedTries shared, TryTable table, TimeProvider clock, ILogger<ClearedLimits> log)
    : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stopping)
    {
        // The first connection is made on the thread that asks for it.
        await Task.Yield();
        await Loop.UntilDone("Hearing of cleared limits", log, _ => shared.Hear(table.Clear), Pause, clock, stopping);
    }
}
