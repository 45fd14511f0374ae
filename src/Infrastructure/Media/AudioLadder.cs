using System.Text.Json.Serialization;

namespace Veza.Infrastructure.Media;

/// <summary>
/// Everything a player's server needs to know of one sound's renditions, kept as one small JSON object beside them.
/// </summary>
internal sealed record AudioLadder(
    int Version,
    long DurationMs,
    int SampleRateHz,
    long SampleCount,
    AudioRendition[] Renditions
)
{
    internal const int CurrentVersion = 1;
}

/// <summary>
/// One encoded file. Segment durations are of the presentation, in units of <see cref="Timescale"/> (which is its
/// sample rate), and add up to the sound's own length. Bandwidths are measured from the segments, not what the encoder
/// was asked for.
/// </summary>
internal sealed record AudioRendition(
    string Quality,
    string FileName,
    string ContentType,
    string Codec,
    int SampleRateHz,
    int Channels,
    int? BitsPerSample,
    long AverageBandwidthBps,
    long PeakBandwidthBps,
    long SizeBytes,
    int Timescale,
    long EncoderDelaySamples,
    long PaddingSamples,
    ByteSpan Init,
    CmafSegment[] Segments
)
{
    internal static AudioRendition Of(AudioFile file, CmafIndex index, long sizeBytes) =>
        new(
            file.Quality,
            file.FileName,
            "audio/mp4",
            file.Codec,
            file.SampleRateHz,
            file.Channels,
            file.BitsPerSample,
            Bps(index.Segments.Sum(s => s.Size), index.Duration, index.Timescale),
            index.Segments.Max(s => Bps(s.Size, s.Duration, index.Timescale)),
            sizeBytes,
            (int)index.Timescale,
            index.EncoderDelay,
            index.Padding,
            index.Init,
            [.. index.Segments]
        );

    private static long Bps(long bytes, long duration, uint timescale) =>
        (long)Math.Ceiling(bytes * 8d * timescale / Math.Max(1, duration));
}

/// <summary>What a rendition is called, and the codec's name as HLS and browsers spell it.</summary>
internal sealed record AudioFile(
    string Quality,
    string FileName,
    string Codec,
    int SampleRateHz,
    int Channels,
    int? BitsPerSample
)
{
    internal const string LowName = "128k.m4a",
        HighName = "320k.m4a",
        LosslessName = "lossless.mp4";

    internal static AudioFile[] Of(AudioPlan plan) =>
        [
            new("128k", LowName, "mp4a.40.2", plan.LossyRateHz, plan.Channels, null),
            new("320k", HighName, "mp4a.40.2", plan.LossyRateHz, plan.Channels, null),
            new("lossless", LosslessName, "fLaC", plan.LosslessRateHz, plan.Channels, plan.LosslessBits),
        ];
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(AudioLadder))]
internal sealed partial class AudioLadderJson : JsonSerializerContext;
