using Veza.Infrastructure.Realtime;

namespace Veza.Features.Chat.Realtime;

/// <summary>
/// What goes out together: one buffer of frames, made once, for everybody who sees all of it, and piece by piece for
/// those who do not.
/// </summary>
internal sealed class NewsRun
{
    /// <summary>So much that a write of one run, with its headers, has room for another.</summary>
    private const int BytesMax = 15 * 1024;

    private readonly ArraySegment<News> news;
    private readonly HashSet<Guid> unseenBy;
    private readonly SocketFrame together;

    private NewsRun(ArraySegment<News> news)
    {
        this.news = news;
        unseenBy = [.. news.SelectMany(piece => piece.UnseenBy)];
        together = SocketFrame.Join([.. news.Select(piece => piece.OnWire(veiled: false)!)]);
    }

    /// <summary>Messages and changes, in the order in which they are told.</summary>
    internal static IEnumerable<NewsRun> Of(News[] all)
    {
        for (int from = 0, to; from < all.Length; from = to)
        {
            var bytes = all[from].Frame.Length;
            for (to = from + 1; to < all.Length && bytes + all[to].Frame.Length <= BytesMax; to++)
                bytes += all[to].Frame.Length;
            yield return new NewsRun(new ArraySegment<News>(all, from, to - from));
        }
    }

    internal void SendTo(Subscription subscription)
    {
        if (unseenBy.Count == 0 || !unseenBy.Contains(subscription.UserId))
            subscription.Connection.Send(together);
        else
            foreach (var piece in news)
                subscription.Send(piece);
    }
}
