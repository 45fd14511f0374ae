using Veza.Infrastructure.Loops;

namespace Veza.Infrastructure.Realtime;

/// <summary>
/// When things happened last on a socket, in milliseconds of the process's clock: 0 for what is not the case. Written
/// where they happen, read by <see cref="SocketWatch"/>.
/// </summary>
internal sealed class SocketTimes(TimeProvider clock)
{
    /// <summary>How long a write may be held up, and a message may take to come in.</summary>
    internal static readonly TimeSpan StallMax = TimeSpan.FromSeconds(10),
        MessageMax = TimeSpan.FromSeconds(30);

    private long heardAt = clock.Milliseconds(),
        pingedAt = clock.Milliseconds(),
        stalledAt,
        messageAt;

    /// <summary>Whether the other side has said anything yet.</summary>
    internal bool HasHeard { get; private set; }

    internal void Heard()
    {
        HasHeard = true;
        Volatile.Write(ref heardAt, clock.Milliseconds());
    }

    /// <summary>Whether a write waits for the other side to take something.</summary>
    internal void Stalled(bool isSo) => Set(ref stalledAt, isSo);

    /// <summary>Whether a message has begun to come in and is not there yet.</summary>
    internal void Receiving(bool isSo) => Set(ref messageAt, isSo);

    internal bool IsSilent(long now, TimeSpan max) => now - Volatile.Read(ref heardAt) > max.TotalMilliseconds;

    internal bool IsStalled(long now) => IsOver(ref stalledAt, StallMax, now);

    internal bool IsMessageLate(long now) => IsOver(ref messageAt, MessageMax, now);

    /// <summary>True once for each ping.</summary>
    internal bool IsPingDue(long now, TimeSpan every)
    {
        if (now - Volatile.Read(ref heardAt) < every.TotalMilliseconds || now - pingedAt < every.TotalMilliseconds)
            return false;
        pingedAt = now;
        return true;
    }

    /// <summary>The first moment counts.</summary>
    private void Set(ref long at, bool isSo)
    {
        if (!isSo)
            Volatile.Write(ref at, 0);
        else if (Volatile.Read(ref at) == 0)
            Volatile.Write(ref at, clock.Milliseconds());
    }

    private static bool IsOver(ref long since, TimeSpan max, long now) =>
        Volatile.Read(ref since) is > 0 and var at && now - at > max.TotalMilliseconds;
}
