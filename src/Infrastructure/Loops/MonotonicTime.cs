namespace Veza.Infrastructure.Loops;

/// <summary>
/// Milliseconds that only ever grow, whatever is done to the machine's clock: for lengths of time, and of no meaning
/// outside of this process.
/// </summary>
internal static class MonotonicTime
{
    internal static long Milliseconds(this TimeProvider clock) => (long)clock.GetElapsedTime(0).TotalMilliseconds;
}
