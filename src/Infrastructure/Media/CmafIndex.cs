namespace Veza.Infrastructure.Media;

/// <summary>A run of bytes of a file.</summary>
internal sealed record ByteSpan(long Offset, long Size);

/// <summary>
/// One segment of a rendition: its bytes, and its presentation duration in units of the rendition's timescale.
/// </summary>
internal sealed record CmafSegment(long Offset, long Size, long Duration);

/// <summary>
/// Where the init part and the segments of a fragmented file lie. Durations are of the presentation: the encoder's
/// delay is taken off the front, and the padding behind the end is not counted (the file states it), so their sum is
/// the sound's own length.
/// </summary>
internal sealed record CmafIndex(
    ByteSpan Init,
    uint Timescale,
    long EncoderDelay,
    long Padding,
    IReadOnlyList<CmafSegment> Segments
)
{
    internal long Duration => Segments.Sum(segment => segment.Duration);

    internal static CmafIndex Read(Stream file)
    {
        var mp4 = FragmentedMp4.Open(file);
        var segments = new List<CmafSegment>();
        long frameDuration = 0,
            lastDuration = 0;
        var early = mp4.EncoderDelay;
        foreach (var fragment in mp4.Fragments())
        {
            var duration = fragment.Duration;
            var hidden = Math.Min(early, duration);
            early -= hidden;
            segments.Add(new CmafSegment(fragment.Offset, fragment.Size, duration - hidden));
            if (frameDuration == 0)
                frameDuration = fragment.Frames[0].Duration;
            lastDuration = fragment.Frames[^1].Duration;
        }

        // Only a coder with a delay has frames of one fixed length, whose shortened last one tells the padding; a FLAC
        // block just ends.
        var padding = mp4.EncoderDelay > 0 ? Math.Max(0, frameDuration - lastDuration) : 0;
        return new CmafIndex(new ByteSpan(0, mp4.InitSize), mp4.Timescale, mp4.EncoderDelay, padding, segments);
    }
}
