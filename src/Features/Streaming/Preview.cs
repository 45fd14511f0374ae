using Veza.Infrastructure.Http;
using Veza.Infrastructure.Media;

namespace Veza.Features.Streaming;

/// <summary>
/// The part of a track that people without access hear: about thirty seconds of whole segments, and never more than
/// half of it. It is cut from the same files; only these bytes of them are given, and what a player needs before any
/// segment.
/// </summary>
internal sealed record Preview(Range Segments, long StartMs, long DurationMs)
{
    internal static readonly TimeSpan Length = TimeSpan.FromSeconds(30);

    /// <summary>
    /// From the segment in which the given time lies, or earlier where the end is near. Null for a track of one
    /// segment, which has no half.
    /// </summary>
    internal static Preview? Of(AudioLadder ladder, int fromMs)
    {
        // Cut at the same instants in every rendition, so one stands for all.
        var rendition = ladder.Renditions[0];
        var segments = rendition.Segments;
        var usual = segments[0].Duration;
        var count = Math.Min((int)Math.Round(Length.TotalSeconds * rendition.Timescale / usual), segments.Length / 2);
        if (count == 0)
            return null;
        var from = fromMs * (long)rendition.Timescale / 1000;
        var (first, start) = (0, 0L);
        while (first < segments.Length - count && start + segments[first].Duration <= from)
            start += segments[first++].Duration;
        var duration = segments[first..(first + count)].Sum(segment => segment.Duration);
        return new Preview(
            first..(first + count),
            start * 1000 / rendition.Timescale,
            duration * 1000 / rendition.Timescale
        );
    }

    /// <summary>Whether all of these bytes belong to the preview.</summary>
    internal bool Covers(AudioRendition rendition, AskedBytes asked)
    {
        var run = rendition.Segments[Segments];
        return asked.End <= rendition.Init.Offset + rendition.Init.Size
            || (asked.Offset >= run[0].Offset && asked.End <= run[^1].Offset + run[^1].Size);
    }
}
