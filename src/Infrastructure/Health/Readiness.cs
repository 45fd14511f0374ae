namespace Veza.Infrastructure.Health;

/// <summary>
/// Whether this process may be sent requests: not before its dependencies answered once, and not after it was told to
/// stop.
/// </summary>
internal sealed class Readiness
{
    private readonly TaskCompletionSource ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool draining;

    /// <summary>What it is waiting for, in words; null when ready.</summary>
    internal volatile string? WaitsFor = "start";

    internal bool IsReady => ready.Task.IsCompleted && !draining;

    internal bool IsDraining => draining;

    internal bool HasStarted => ready.Task.IsCompleted;

    internal Task WhenReady(CancellationToken ct) => ready.Task.WaitAsync(ct);

    internal void Ready()
    {
        WaitsFor = null;
        ready.TrySetResult();
    }

    internal void Drain()
    {
        WaitsFor = "draining";
        draining = true;
    }
}
