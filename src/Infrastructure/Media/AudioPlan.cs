namespace Veza.Infrastructure.Media;

/// <summary>What each rendition of a source will be, and where all of them are cut.</summary>
internal sealed record AudioPlan(int LossyRateHz, int LosslessRateHz, int Channels, int LosslessBits)
{
    internal const int AacFrameSamples = 1024;
    internal const int LowBps = 128_000,
        HighBps = 320_000;

    /// <summary>AAC carries at most 6,144 bits per channel and frame: 264 kbit/s for one channel at 44.1 kHz.</summary>
    private const int HighMonoBps = 256_000;

    // About four seconds, in whole AAC frames (172 of 1,024 at 44.1 kHz, 188 at 48 kHz) and in whole FLAC blocks (43
    // and 47 of 4,096).
    private const int SegmentSamples44 = 172 * AacFrameSamples,
        SegmentSamples48 = 188 * AacFrameSamples;
    private const int FlacBlockSamples = 4096;

    internal int SegmentSamples => LossyRateHz == 44_100 ? SegmentSamples44 : SegmentSamples48;
    internal int HighTargetBps => Channels == 1 ? HighMonoBps : HighBps;

    /// <summary>How many lossless samples there are to one lossy sample: 1, 2 or 4.</summary>
    internal int LosslessFactor => LosslessRateHz / LossyRateHz;

    /// <summary>A block lasts as long at every rate, so that it ends where the segments do.</summary>
    internal int FlacFrameSamples => FlacBlockSamples * LosslessFactor;
    internal string Layout => Channels == 1 ? "mono" : "stereo";

    /// <summary>
    /// The rate of the lossy renditions and of all that is heard: of the source's family, so that one divides the
    /// other.
    /// </summary>
    internal static int LossyRateOf(int sourceHz) => sourceHz % 11_025 == 0 ? 44_100 : 48_000;

    internal static AudioPlan Of(AudioFacts facts)
    {
        var lossyHz = LossyRateOf(facts.SampleRateHz);
        var losslessHz = facts.SampleRateHz is 44_100 or 48_000 or 88_200 or 96_000 or 176_400 or 192_000
            ? facts.SampleRateHz
            : lossyHz;
        return new AudioPlan(lossyHz, losslessHz, Math.Min(facts.Channels, 2), facts.BitsPerSample > 16 ? 24 : 16);
    }

    /// <summary>
    /// Rounded, so that the last segment is between a half and one and a half of the usual; counted once for all
    /// renditions.
    /// </summary>
    internal int SegmentCount(long lossySamples) =>
        (int)Math.Max(1, (lossySamples + SegmentSamples / 2) / SegmentSamples);

    /// <summary>
    /// What the renditions take on disk at most while they are made: each is written by the tool and then cut anew, and
    /// FLAC is no larger than its samples.
    /// </summary>
    internal long ScratchBytes(TimeSpan duration) =>
        (long)(2 * 1.05 * duration.TotalSeconds * (LosslessRateHz * Channels * LosslessBits + LowBps + HighBps) / 8);
}
