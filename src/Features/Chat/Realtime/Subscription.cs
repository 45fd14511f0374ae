using Veza.Infrastructure.Realtime;

namespace Veza.Features.Chat.Realtime;

/// <summary>One connection that listens to a room.</summary>
internal sealed record Subscription(SocketConnection Connection, Guid UserId)
{
    /// <summary>Whoever is going away is not subscribed any more.</summary>
    internal CancellationToken Closing { get; } = Connection.Closing;

    /// <summary>
    /// Who sees nothing of the person it is about hears of a message's place alone, so that seqs have no gap, and of
    /// other things nothing.
    /// </summary>
    internal ReadOnlyMemory<byte> FrameOf(News news) =>
        news.UnseenBy.Length > 0 && news.UnseenBy.Contains(UserId) ? news.Veiled : news.Frame;

    internal void Send(News news)
    {
        var isUnseen = news.UnseenBy.Length > 0 && news.UnseenBy.Contains(UserId);
        if (news.OnWire(isUnseen) is { } frame)
            Connection.Send(frame, leavesNoTrace: news.Kind is NewsKind.Passing or NewsKind.Own);
    }
}
