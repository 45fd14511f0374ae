using System.Diagnostics;
using System.Globalization;

namespace Veza.Tests.Harness;

/// <summary>Media programs that play what the server gives.</summary>
internal static class Tools
{
    /// <summary>How long ffprobe says it is. It may not complain.</summary>
    internal static async Task<double> Seconds(string source)
    {
        var run = (
            await VezaProgram.Run(
                new ProcessStartInfo(
                    "ffprobe",
                    ["-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", source]
                )
            )
        ).Succeeds();
        Assert.Equal("", run.Errors);
        return double.Parse(run.Output, CultureInfo.InvariantCulture);
    }

    /// <summary>How much of its first track ffmpeg decodes. It may not complain.</summary>
    internal static async Task<double> DecodedSeconds(string source, params string[] options) =>
        (await Samples(source, "a:0", options)).Length / 2 / 44100d;

    /// <summary>The decoded samples of a stereo sound, left and right in turn.</summary>
    internal static async Task<short[]> Samples(string source, string map = "a", params string[] options)
    {
        var output = Path.Combine(TestRun.NewFolder("decoded"), "sound.raw");
        var run = (
            await VezaProgram.Run(
                new ProcessStartInfo(
                    "ffmpeg",
                    [
                        "-nostdin",
                        "-v",
                        "error",
                        .. options,
                        "-i",
                        source,
                        "-map",
                        $"0:{map}",
                        "-ac",
                        "2",
                        "-f",
                        "s16le",
                        output,
                    ]
                )
            )
        ).Succeeds();
        Assert.Equal("", run.Errors);
        var bytes = await File.ReadAllBytesAsync(output);
        return System.Runtime.InteropServices.MemoryMarshal.Cast<byte, short>(bytes).ToArray();
    }
}
