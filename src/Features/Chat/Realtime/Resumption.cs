using Veza.Features.Chat.Messages;

namespace Veza.Features.Chat.Realtime;

/// <summary>
/// Somebody who joins a feed: what they have seen, when they want what they missed, and the place from which they are
/// live.
/// </summary>
internal sealed record Joining(Subscription Subscription, RoomPlace? Seen)
{
    internal TaskCompletionSource<RoomPlace> Live { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Looked at here too: whoever waited may be gone.</summary>
    internal void Fail(Exception e)
    {
        Live.TrySetException(e);
        _ = Live.Task.Exception;
    }
}

/// <summary>
/// What subscribers missed, given before anything that is new: the messages in order, then each older message that
/// changed meanwhile, as it is now; or word that it is too much. Whoever comes together is given from one reading.
/// </summary>
internal sealed class Resumption(MessageLog log, RecentMessages recent, ResumeCache recall, Guid roomId, RoomPlace now)
{
    internal async Task Give(Joining[] joining, CancellationToken ct)
    {
        Joining[] resuming = [.. joining.Where(j => j.Seen is not null)];
        if (resuming.Length == 0)
            return;
        var posted = await Posted(resuming, ct);
        var changed = await Changed(resuming, ct);
        foreach (var one in resuming)
            Give(one.Subscription, one.Seen!.Value, posted, changed);
    }

    private void Give(Subscription subscription, RoomPlace seen, News[] posted, News[] changed)
    {
        var frames = Missed(subscription, seen, posted, changed);
        // More than fits beside what is live would close the socket as too slow, and the next one again.
        var recovered = frames is not null && frames.Sum(frame => (long)frame.Length) <= ChatLimits.ResumeBytesMax;
        if (recovered)
            foreach (var frame in frames!)
                subscription.Connection.Send(frame);
        subscription.Connection.Send(
            Frames.Resumed(roomId, recovered, recovered ? seen.Seq + 1 : now.Seq + 1, now.Seq)
        );
    }

    /// <summary>
    /// Null when it cannot be given whole: too much, a month that is gone, or more than was ever said.
    /// </summary>
    private ReadOnlyMemory<byte>[]? Missed(Subscription subscription, RoomPlace seen, News[] posted, News[] changed)
    {
        var behind = now.Seq - seen.Seq;
        if (!IsWithin(behind))
            return null;
        News[] mine = [.. posted.SkipWhile(news => news.Seq <= seen.Seq)];
        if (mine.Length != behind)
            return null;
        News[] later = IsBehindInChanges(seen) ? [.. changed.SkipWhile(news => news.Change <= seen.Change)] : [];
        if (mine.Length + later.Length > ChatLimits.ResumeMessagesMax)
            return null;
        later = [.. later.Where(news => news.Seq <= seen.Seq)];
        return [.. mine.Concat(later).Select(subscription.FrameOf).Where(frame => frame.Length > 0)];
    }

    /// <summary>All that the one who is furthest behind missed.</summary>
    private async Task<News[]> Posted(Joining[] resuming, CancellationToken ct)
    {
        var readers = resuming.Where(j => IsWithin(now.Seq - j.Seen!.Value.Seq)).ToArray();
        var from = readers.Length == 0 ? now.Seq : readers.Min(j => j.Seen!.Value.Seq);
        if (from == now.Seq)
            return [];
        var known = recall.Find(from, now.Seq);
        var found = known ?? await recent.Read(roomId, from, now.Seq, now.Change);
        // Who sees nothing of whom may have changed since these were kept.
        if (found is null || await AreShy(readers, found, ct))
        {
            found =
            [
                .. (await log.After(roomId, from, (int)(now.Seq - from), ct))
                    .Where(row => row.Seq <= now.Seq)
                    .Select(News.Posted),
            ];
            recent.Fill(roomId, found, now.Change);
        }

        if (known is null && found.Length == now.Seq - from)
            recall.Keep(found);
        return found;
    }

    private async Task<bool> AreShy(Joining[] readers, News[] found, CancellationToken ct)
    {
        Guid[] readerIds = [.. readers.Select(j => j.Subscription.UserId).Distinct()];
        return found.Any(news => news.UnseenBy.Length > 0 && news.UnseenBy.AsSpan().ContainsAny(readerIds))
            || await log.AnyShy(readerIds, [.. found.Select(news => news.UserId).Distinct()], ct);
    }

    /// <summary>
    /// The newest changes, oldest first: all for the one who knows the fewest, or one more than anybody is given.
    /// </summary>
    private async Task<News[]> Changed(Joining[] resuming, CancellationToken ct)
    {
        var from = resuming
            .Select(j => j.Seen!.Value)
            .Where(IsBehindInChanges)
            .Select(seen => seen.Change)
            .DefaultIfEmpty(now.Change)
            .Min();
        if (from >= now.Change)
            return [];
        return
        [
            .. (await log.NewestChanges(roomId, from, ChatLimits.ResumeMessagesMax + 1, ct))
                .Select(row => News.Changed(row))
                .Reverse(),
        ];
    }

    private bool IsBehindInChanges(RoomPlace seen) => seen.Change < now.Change && IsWithin(now.Seq - seen.Seq);

    private static bool IsWithin(long behind) => behind is >= 0 and <= ChatLimits.ResumeMessagesMax;
}
