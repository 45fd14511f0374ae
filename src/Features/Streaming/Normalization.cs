using Veza.Infrastructure.Http;
using Veza.Infrastructure.Media;

namespace Veza.Features.Streaming;

/// <summary>
/// How much a player turns the volume up or down, so that tracks (or albums among each other) are as loud as
/// <c>target_lufs</c>. The sound itself is never changed. Turning up stops where true peaks would pass the ceiling.
/// Null where there is nothing to measure, as in silence.
/// </summary>
internal sealed record Normalization(double? TrackGainDb, double? AlbumGainDb, double? PeakDbtp, double TargetLufs)
{
    internal const double TargetUsualLufs = -14,
        TargetMinLufs = -30,
        TargetMaxLufs = -5,
        CeilingDbtp = -1;

    internal static Error? Refuse(double? targetLufs) =>
        targetLufs is null or (>= TargetMinLufs and <= TargetMaxLufs)
            ? null
            : Errors.Validation.With(
                new FieldError("target_lufs", "OUT_OF_RANGE", $"target_lufs is from {TargetMinLufs} to {TargetMaxLufs}")
            );

    internal static double? Gain(double? lufs, double? peakDbtp, double targetLufs)
    {
        if (lufs is not { } loudness)
            return null;
        var gain = targetLufs - loudness;
        if (gain > 0)
            gain = Math.Min(gain, Math.Max(0, CeilingDbtp - (peakDbtp ?? 0)));
        return Math.Round(gain, 2);
    }

    /// <summary>What the manifests say of it, as far as the grant carries it.</summary>
    internal static ManifestNote[] Notes(StreamTerms terms) =>
        [
            .. terms.GainDb is { } gain
                ? new ManifestNote[] { new("track-gain", FormattableString.Invariant($"{gain:0.00} dB")) }
                : [],
            .. terms.PeakDbtp is { } peak
                ? new ManifestNote[] { new("track-peak", FormattableString.Invariant($"{peak:0.00} dBTP")) }
                : [],
        ];
}
