using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.Batching;

/// <summary>
/// A gate for one at a time. Who waits before it holds no connection, or those behind it may wait for that one in turn.
/// </summary>
internal sealed class OneAtATime : IDisposable
{
    private readonly SemaphoreSlim gate = new(1);

    /// <summary>Dispose of the turn to let the next one in.</summary>
    internal async ValueTask<Turn> Enter(CancellationToken ct)
    {
        HeldConnections.MustBeNone("a turn");
        await gate.WaitAsync(ct);
        return new Turn(gate);
    }

    /// <summary>Null when somebody else is in.</summary>
    internal Turn? TryEnter() => gate.Wait(0) ? new Turn(gate) : null;

    public void Dispose() => gate.Dispose();

    internal readonly struct Turn(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}
