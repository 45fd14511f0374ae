using System.Collections.Immutable;
using Veza.Infrastructure.Realtime;

namespace Veza.Features.Chat;

/// <summary>One connection's place in a room.</summary>
internal sealed record Subscription(SocketConnection Connection, Guid UserId);

/// <summary>
/// A room as this process delivers it: the seq that was delivered last, and who listens. What arrives is a hint; PostgreSQL is the truth. A message
/// that is next goes out; one that was delivered is dropped; one from beyond a gap makes the feed read the gap. So every subscriber sees each
/// message once and in order, whatever Redis loses, doubles or reorders.
/// </summary>
internal sealed class RoomFeed(Guid roomId, MessageLog log) : IDisposable
{
    private const int PageMax = 500;
    private readonly SemaphoreSlim gate = new(1);
    private ImmutableArray<Subscription> subscriptions = [];
    private long deliveredSeq;

    internal Guid RoomId => roomId;

    internal long DeliveredSeq => Volatile.Read(ref deliveredSeq);

    internal bool IsEmpty => subscriptions.IsEmpty;

    /// <summary>Adds a subscriber who has seen everything up to <paramref name="afterSeq"/>, or who wants only what comes. Returns the seq from which they are live.</summary>
    internal async Task<long> Subscribe(Subscription subscription, long? afterSeq, CancellationToken ct)
    {
        await gate.WaitAsync(ct);
        try
        {
            // The others first: afterwards everybody stands at the same seq, and the new one joins there.
            if (subscriptions.IsEmpty) Volatile.Write(ref deliveredSeq, (await log.Heads([roomId], ct)).Select(h => h.LastSeq).FirstOrDefault());
            else await CatchUp(ct);
            if (afterSeq is { } seen) await Resume(subscription, seen, ct);
            subscriptions = subscriptions.Add(subscription);
            return DeliveredSeq;
        }
        finally
        {
            gate.Release();
        }
    }

    internal async Task Unsubscribe(SocketConnection connection)
    {
        await gate.WaitAsync(CancellationToken.None);
        subscriptions = subscriptions.RemoveAll(s => s.Connection == connection);
        gate.Release();
    }

    /// <summary>A message was committed: here, on another node, or so long ago that it is known.</summary>
    internal async Task Arrived(long seq, ReadOnlyMemory<byte> frame, CancellationToken ct)
    {
        if (seq <= DeliveredSeq) return;
        await gate.WaitAsync(ct);
        try
        {
            if (subscriptions.IsEmpty || seq <= DeliveredSeq) return;
            if (seq == DeliveredSeq + 1) Deliver(seq, frame);
            else await CatchUp(ct);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>The room's newest message has this seq: reads what is missing.</summary>
    internal async Task Reached(long seq, CancellationToken ct)
    {
        if (seq <= DeliveredSeq) return;
        await gate.WaitAsync(ct);
        try
        {
            if (!subscriptions.IsEmpty) await CatchUp(ct);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Something that leaves no trace, such as typing: whoever listens now hears it, but not its own sender.</summary>
    internal void Tell(ReadOnlyMemory<byte> frame, Guid? exceptUserId)
    {
        foreach (var subscription in subscriptions)
            if (subscription.UserId != exceptUserId) subscription.Connection.Send(frame);
    }

    /// <summary>Somebody is no member any more: they hear nothing from here on.</summary>
    internal async Task Drop(Guid userId)
    {
        await gate.WaitAsync(CancellationToken.None);
        subscriptions = subscriptions.RemoveAll(s => s.UserId == userId);
        gate.Release();
    }

    public void Dispose() => gate.Dispose();

    private void Deliver(long seq, ReadOnlyMemory<byte> frame)
    {
        foreach (var subscription in subscriptions) subscription.Connection.Send(frame);
        Volatile.Write(ref deliveredSeq, seq);
    }

    private async Task CatchUp(CancellationToken ct)
    {
        for (;;)
        {
            var missed = await log.After(roomId, DeliveredSeq, PageMax, ct);
            foreach (var message in missed) Deliver(message.Seq, Frames.Created(message));
            if (missed.Length < PageMax) return;
        }
    }

    private async Task Resume(Subscription subscription, long seen, CancellationToken ct)
    {
        var behind = DeliveredSeq - seen;
        Message[] missed = behind is > 0 and <= ChatModule.ResumeMessagesMax ? await log.After(roomId, seen, ChatModule.ResumeMessagesMax, ct) : [];
        byte[][] frames = [.. missed.Where(message => message.Seq <= DeliveredSeq).Select(Frames.Created)];
        // More than fits beside what is live would close the socket as too slow, and the next one again.
        var recovered = behind is >= 0 and <= ChatModule.ResumeMessagesMax && frames.Sum(frame => (long)frame.Length) <= ChatModule.ResumeBytesMax;
        if (recovered)
            foreach (var frame in frames) subscription.Connection.Send(frame);
        subscription.Connection.Send(Frames.Resumed(roomId, recovered, recovered ? seen + 1 : DeliveredSeq + 1, DeliveredSeq));
    }
}
