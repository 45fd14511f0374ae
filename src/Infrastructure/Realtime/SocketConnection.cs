using Microsoft.AspNetCore.Http.Features;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Loops;

namespace Veza.Infrastructure.Realtime;

/// <summary>
/// The sending half of a socket: a bounded queue of shared frames, emptied in writes of many frames when the connection
/// has its turn. Whoever does not read fills the queue, or holds up a write, and is closed with 4008; nobody else waits
/// for them. While nothing happens it holds no buffer, no timer and no task: <see cref="SocketWatch"/> looks after all
/// of them.
/// </summary>
internal sealed partial class SocketConnection : IDisposable
{
    /// <summary>
    /// With Kestrel's 64 KiB, a write and what the kernel holds (twice what it is told) this is less than 1.25 MiB for
    /// a connection that takes nothing.
    /// </summary>
    internal const int QueueFramesMax = SendQueue.FramesMax,
        QueueBytesMax = SendQueue.BytesMax,
        KernelBytesMax = 48 * 1024;

    /// <summary>
    /// How long what is queued before a goodbye may take to leave, and how long the other side may take to answer it.
    /// </summary>
    internal static readonly TimeSpan GoodbyeMax = TimeSpan.FromSeconds(5),
        CloseMax = TimeSpan.FromSeconds(2);

    /// <summary>How long a request that is being answered keeps a restart waiting.</summary>
    internal static readonly TimeSpan LeaveMax = TimeSpan.FromSeconds(10);

    private readonly SocketOutput output;
    private readonly IHttpRequestLifetimeFeature lifetime;
    private readonly SocketWatch watch;
    private readonly SendTurns turns;
    private readonly TimeProvider clock;
    private readonly Lock gate = new();
    private readonly SendQueue queue = new();
    private readonly CancellationTokenSource closing = new();
    private readonly long endsAt;
    private long cutAt = long.MaxValue,
        leaveAt = long.MaxValue;
    private int closeCode;
    private bool isSending,
        isAnswering,
        hasEnded;
    private TaskCompletionSource? sent;

    internal SocketConnection(
        HttpContext http,
        SocketWatch watch,
        SendTurns turns,
        Guid ownerId,
        TimeSpan life,
        TimeProvider clock
    )
    {
        (this.watch, this.turns, OwnerId, this.clock) = (watch, turns, ownerId, clock);
        Times = new SocketTimes(clock);
        output = new SocketOutput(http, KernelBytesMax);
        lifetime = http.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
        endsAt = clock.Milliseconds() + (long)life.TotalMilliseconds;
    }

    internal SocketTimes Times { get; }

    internal Guid OwnerId { get; }

    /// <summary>Cancelled as soon as the connection is to be closed, for whatever reason.</summary>
    internal CancellationToken Closing => closing.Token;

    /// <summary>Queues a message for this connection alone.</summary>
    internal bool Send(ReadOnlyMemory<byte> message) => Send(SocketFrame.Text(message.Span));

    /// <summary>
    /// Queues a frame; false when the connection is closing or was too slow for it. What leaves no trace is left out
    /// for who lags behind.
    /// </summary>
    internal bool Send(SocketFrame frame, bool leavesNoTrace = false)
    {
        lock (gate)
        {
            if (closeCode != 0 || hasEnded)
                return false;
            if (leavesNoTrace && queue.IsLagging)
                return true;
            if (queue.TryAdd(frame))
            {
                Begin();
                return true;
            }
        }

        Close(CloseCodes.TooSlow, "too slow");
        return false;
    }

    /// <summary>
    /// Ends the connection with the first code that was given. What was queued is sent before, if it can be; the slow
    /// have had their chance.
    /// </summary>
    internal void Close(int code, string reason)
    {
        lock (gate)
        {
            if (closeCode != 0 || hasEnded)
                return;
            closeCode = code;
            cutAt = clock.Milliseconds() + (long)GoodbyeMax.TotalMilliseconds;
            if (code == CloseCodes.TooSlow)
                queue.Clear();
            queue.Add(SocketFrame.Close(code, reason));
            Begin();
        }

        // Callbacks run elsewhere: whoever closes may be in the middle of telling a room.
        _ = closing.CancelAsync();
    }

    /// <summary>Says farewell, and closes as soon as the request that is being answered is.</summary>
    internal void Leave(byte[] farewell)
    {
        Send(farewell);
        bool atOnce;
        lock (gate)
        {
            leaveAt = clock.Milliseconds() + (long)LeaveMax.TotalMilliseconds;
            atOnce = !isAnswering;
        }

        if (atOnce)
            Close(CloseCodes.Restarting, "restarting");
    }

    /// <summary>A request came in; false when it is not to be answered any more.</summary>
    internal bool BeginAnswer()
    {
        lock (gate)
            return isAnswering = closeCode == 0 && leaveAt == long.MaxValue;
    }

    internal void EndAnswer()
    {
        bool isLeaving;
        // While a request is answered nobody listens: what was not heard meanwhile is no silence.
        Times.Heard();
        lock (gate)
            (isAnswering, isLeaving) = (false, leaveAt != long.MaxValue);
        if (isLeaving)
            Close(CloseCodes.Restarting, "restarting");
    }

    /// <summary>What time asks for: a ping, or the end.</summary>
    internal void Look(long now, SocketSettings settings)
    {
        if (now > Volatile.Read(ref cutAt))
            Abort();
        else if (Times.IsSilent(now, settings.SilentMax) && !Volatile.Read(ref isAnswering))
            Vanish();
        else if (Volatile.Read(ref closeCode) != 0)
            return;
        else if (now >= endsAt)
            Close(CloseCodes.TokenExpired, "token expired");
        else if (now > Volatile.Read(ref leaveAt))
            Close(CloseCodes.Restarting, "restarting");
        else if (Times.IsStalled(now))
            Close(CloseCodes.TooSlow, "too slow");
        else if (Times.IsMessageLate(now))
            Close(CloseCodes.Policy, "the message does not come to its end");
        else if (Times.IsPingDue(now, settings.PingEvery))
            Send(SocketFrame.Ping);
    }

    /// <summary>No more is sent; completes when nothing is being written.</summary>
    internal Task Finish()
    {
        lock (gate)
        {
            hasEnded = true;
            return isSending
                ? (sent ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task
                : Task.CompletedTask;
        }
    }

    /// <summary>
    /// The token's source is not disposed of: whoever closes may still be about to cancel it, and it holds nothing but
    /// memory.
    /// </summary>
    public void Dispose() => watch.Leave(this);

    private void Begin()
    {
        if (isSending)
            return;
        isSending = true;
        turns.Add(this);
    }
}
