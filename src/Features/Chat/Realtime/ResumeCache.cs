using Veza.Infrastructure.Loops;

namespace Veza.Features.Chat.Realtime;

/// <summary>
/// The newest messages of one room as they were last read for somebody who resumed, kept for a moment and carried on by
/// what is delivered: of a thousand who come back at once nearly all find them here. A change to any message ends it.
/// All rooms of a node share a limit.
/// </summary>
internal sealed class ResumeCache(TimeProvider clock)
{
    private const long NodeBytesMax = 64 * 1024 * 1024;
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(5);
    private static long nodeBytes;
    private List<News> kept = [];
    private long bytes,
        keptSince;

    /// <summary>Messages without a gap that end at the room's place.</summary>
    internal void Keep(News[] read)
    {
        Forget();
        kept = [.. read];
        keptSince = clock.Milliseconds();
        Count(read.Sum(BytesOf));
    }

    /// <summary>The messages after a seq up to another; null when they are not all here.</summary>
    internal News[]? Find(long afterSeq, long untilSeq)
    {
        ForgetOld();
        if (kept.Count == 0 || kept[0].Seq > afterSeq + 1 || kept[^1].Seq != untilSeq)
            return null;
        return [.. kept.Skip((int)(afterSeq + 1 - kept[0].Seq))];
    }

    /// <summary>A message went out to all.</summary>
    internal void Add(News posted)
    {
        if (kept.Count == 0)
            return;
        if (kept.Count >= ChatLimits.ResumeMessagesMax || kept[^1].Seq + 1 != posted.Seq)
        {
            Forget();
            return;
        }

        kept.Add(posted);
        Count(BytesOf(posted));
    }

    internal void Forget()
    {
        kept = [];
        Interlocked.Add(ref nodeBytes, -bytes);
        bytes = 0;
    }

    internal void ForgetOld()
    {
        if (kept.Count > 0 && clock.Milliseconds() - keptSince > KeptFor.TotalMilliseconds)
            Forget();
    }

    private void Count(long more)
    {
        bytes += more;
        if (Interlocked.Add(ref nodeBytes, more) > NodeBytesMax)
            Forget();
    }

    private static long BytesOf(News news) => news.Frame.Length + news.Veiled.Length;
}
