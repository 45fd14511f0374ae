using Veza.Infrastructure.Media;

namespace Veza.Features.Uploads;

/// <summary>
/// How much work a file is thought to be before anybody has read it: its length by the usual bitrate of its kind, and a
/// twelfth of that. Only the order of files matters, and the sum: what the work takes on this machine is measured.
/// </summary>
internal static class AudioWork
{
    private const double RealTimes = 12;
    private const long EachMs = 500;

    internal static long EstimateMs(AudioKind? kind, long sizeBytes) =>
        EachMs + (long)(1000d * sizeBytes / BytesPerSecond(kind) / RealTimes);

    private static int BytesPerSecond(AudioKind? kind) =>
        kind?.Name switch
        {
            "wav" or "aiff" => 176_400,
            "flac" => 110_000,
            "mp3" => 28_000,
            "opus" => 14_000,
            _ => 22_000,
        };
}
