using System.Collections.Immutable;
using Veza.Features.Chat.Messages;
using Veza.Infrastructure.Batching;
using Veza.Infrastructure.Realtime;

namespace Veza.Features.Chat.Realtime;

/// <summary>How far somebody is in a room: the message and the change they know last.</summary>
internal readonly record struct RoomPlace(long Seq, long Change);

/// <summary>
/// A room as this process delivers it: the seq and the change that were delivered last, and who listens. What arrives
/// is a hint; PostgreSQL is the truth. What is next goes out; what was delivered is dropped; what comes from beyond a
/// gap makes the feed read the gap. So every subscriber sees each message once and in order, and the last state of each
/// that changed, whatever Redis loses, doubles or reorders.
/// </summary>
internal sealed class RoomFeed(Guid roomId, MessageLog log, RecentMessages recent, TimeProvider clock) : IDisposable
{
    private readonly OneAtATime gate = new();
    private readonly ResumeCache recall = new(clock);
    private ImmutableArray<Subscription> subscriptions = [];
    private long deliveredSeq,
        deliveredChange;

    internal Guid RoomId => roomId;

    internal bool IsEmpty => subscriptions.IsEmpty;

    internal MessageLog.Head Delivered =>
        new(roomId, Volatile.Read(ref deliveredSeq), Volatile.Read(ref deliveredChange));

    /// <summary>
    /// Adds subscribers, who have seen everything up to a place of theirs or want only what comes, and tells each from
    /// where they are live.
    /// </summary>
    internal async Task Join(Joining[] joining, CancellationToken ct)
    {
        using var turn = await gate.Enter(ct);
        // The others first: afterwards everybody stands at the same place, and the new ones join there.
        if (await log.HeadOf(roomId, ct) is { } head)
        {
            if (subscriptions.IsEmpty)
                Begin(head);
            else
                await CatchUp(head, ct);
        }

        var place = new RoomPlace(deliveredSeq, deliveredChange);
        // Read under the lock, under which whoever goes away later is taken out.
        Joining[] here = [.. joining.Where(one => !one.Subscription.Closing.IsCancellationRequested)];
        await new Resumption(log, recent, recall, roomId, place).Give(here, ct);
        subscriptions = subscriptions.AddRange(here.Select(one => one.Subscription));
        foreach (var one in joining)
            one.Live.TrySetResult(place);
    }

    internal async Task Unsubscribe(SocketConnection connection)
    {
        using var turn = await gate.Enter(CancellationToken.None);
        subscriptions = subscriptions.RemoveAll(s => s.Connection == connection);
    }

    /// <summary>
    /// Something happened: here, on another node, or so long ago that it is known. Messages come with those they were
    /// stored with.
    /// </summary>
    internal async Task Hear(News[] together, CancellationToken ct)
    {
        News[] posted = [.. together.Where(news => news.Kind == NewsKind.Posted && !IsKnown(news))];
        if (posted.Length > 0)
            await Arrived(posted, ct);
        foreach (var news in together.Where(news => news.Kind != NewsKind.Posted))
            await Hear(news, ct);
    }

    /// <summary>
    /// Somebody is no member any more, or nobody is: they hear this, and nothing from here on. Who is gone already
    /// hears nothing twice.
    /// </summary>
    internal async Task End(Guid? userId, ReadOnlyMemory<byte> frame)
    {
        using var turn = await gate.Enter(CancellationToken.None);
        foreach (var subscription in subscriptions)
            if (userId is null || subscription.UserId == userId)
                subscription.Connection.Send(frame);
        subscriptions = subscriptions.RemoveAll(s => userId is null || s.UserId == userId);
    }

    /// <summary>Lets go of what nobody came back for.</summary>
    internal void Tidy()
    {
        using var turn = gate.TryEnter();
        if (turn is not null)
            recall.ForgetOld();
    }

    /// <summary>The room has come to here: gives what is missing. False when nothing was.</summary>
    internal async Task<bool> Reached(MessageLog.Head head, CancellationToken ct)
    {
        if (IsAt(head))
            return false;
        using var turn = await gate.Enter(ct);
        if (subscriptions.IsEmpty || IsAt(head))
            return false;
        await CatchUp(head, ct);
        return true;
    }

    public void Dispose() => gate.Dispose();

    private async Task Hear(News news, CancellationToken ct)
    {
        if (news.Kind == NewsKind.Left)
            await End(news.UserId, news.Frame);
        if (news.Kind == NewsKind.Ended)
            await End(null, news.Frame);
        else if (news.Kind is NewsKind.Left or NewsKind.Passing or NewsKind.Own)
            Tell(news);
        else if (!IsKnown(news))
            await Arrived([news], ct);
    }

    private bool IsAt(MessageLog.Head head) =>
        head.LastSeq <= Volatile.Read(ref deliveredSeq) && head.LastChange <= Volatile.Read(ref deliveredChange);

    private bool IsKnown(News news) =>
        news.Kind == NewsKind.Posted
            ? news.Seq <= Volatile.Read(ref deliveredSeq)
            : news.Change <= Volatile.Read(ref deliveredChange);

    /// <summary>Messages in their order, or one change.</summary>
    private async Task Arrived(News[] arrived, CancellationToken ct)
    {
        using var turn = await gate.Enter(ct);
        News[] fresh = [.. arrived.Where(news => !IsKnown(news))];
        if (subscriptions.IsEmpty || fresh.Length == 0)
            return;
        var first = fresh[0];
        var isWhole = fresh[^1].Seq - first.Seq == fresh.Length - 1;
        if (first.Kind == NewsKind.Posted && first.Seq == deliveredSeq + 1 && isWhole)
            Deliver(fresh);
        else if (first.Kind == NewsKind.Changed && first.Change == deliveredChange + 1 && first.Seq <= deliveredSeq)
            Deliver(fresh);
        else if (first.Kind == NewsKind.Posted && isWhole && await GiveRecent(first.Seq - 1))
            Deliver(fresh);
        else if (await log.HeadOf(roomId, ct) is { } head)
            await CatchUp(head, ct);
    }

    private void Deliver(News[] all)
    {
        foreach (var run in NewsRun.Of(all))
        foreach (var subscription in subscriptions)
            run.SendTo(subscription);
        foreach (var news in all)
        {
            if (news.Kind == NewsKind.Posted)
            {
                Reach(news.Seq, deliveredChange);
                recall.Add(news);
            }
            else
            {
                Reach(deliveredSeq, news.Change);
                recall.Forget();
            }
        }
    }

    private void Tell(News news)
    {
        foreach (var subscription in subscriptions)
            if ((subscription.UserId == news.UserId) == (news.Kind == NewsKind.Own))
                subscription.Send(news);
    }

    /// <summary>What happened while nobody listened went by unheard.</summary>
    private void Begin(MessageLog.Head head)
    {
        recall.Forget();
        Reach(head.LastSeq, head.LastChange);
    }

    private void Reach(long seq, long change)
    {
        Volatile.Write(ref deliveredSeq, seq);
        Volatile.Write(ref deliveredChange, change);
    }

    /// <summary>
    /// Gives what is missing up to here. What would fill everybody's queue at once is not given: they hear that they
    /// have to read it, and go on from here.
    /// </summary>
    private async Task CatchUp(MessageLog.Head head, CancellationToken ct)
    {
        if (await Missed(head, ct) is { } missed)
        {
            Deliver(missed);
        }
        else
        {
            recall.Forget();
            var gap = Frames.Resumed(roomId, recovered: false, head.LastSeq + 1, head.LastSeq);
            foreach (var subscription in subscriptions)
                subscription.Connection.Send(gap);
        }

        // What is not there any more, because its month was dropped, is not waited for.
        Reach(Math.Max(deliveredSeq, head.LastSeq), Math.Max(deliveredChange, head.LastChange));
    }

    /// <summary>
    /// The messages in order, from where another node has just put them or from PostgreSQL, then what happened to those
    /// that are known; null when it is too much.
    /// </summary>
    private async Task<News[]?> Missed(MessageLog.Head head, CancellationToken ct)
    {
        if (head.LastSeq - deliveredSeq + head.LastChange - deliveredChange > ChatLimits.ResumeMessagesMax)
            return null;
        News[] posted = [];
        if (head.LastSeq > deliveredSeq)
        {
            posted =
                await recent.Read(roomId, deliveredSeq, head.LastSeq, deliveredChange)
                ?? [.. (await log.After(roomId, deliveredSeq, ChatLimits.ResumeMessagesMax, ct)).Select(News.Posted)];
        }

        // A change of a message that is not among them waits for it.
        var known = posted.Length > 0 ? posted[^1].Seq : deliveredSeq;
        var changed = await log.ChangedAfter(roomId, deliveredChange, ChatLimits.ResumeMessagesMax, ct);
        News[] all = [.. posted, .. changed.TakeWhile(row => row.Seq <= known).Select(row => News.Changed(row))];
        return all.Sum(news => (long)news.Frame.Length) <= ChatLimits.ResumeBytesMax ? all : null;
    }

    /// <summary>
    /// Gives what another node has just put where all can read it; false when it is not all there. What changed since
    /// comes as changes.
    /// </summary>
    private async Task<bool> GiveRecent(long untilSeq)
    {
        if (
            await recent.Read(roomId, deliveredSeq, untilSeq, deliveredChange) is not { } missed
            || missed.Sum(news => (long)news.Frame.Length) > ChatLimits.ResumeBytesMax
        )
            return false;
        Deliver(missed);
        return true;
    }
}
