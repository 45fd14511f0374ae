using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;

namespace Veza.Tests.Harness;

/// <summary>Pictures to send, and what is in those that come back.</summary>
internal static class Pictures
{
    internal static readonly string[] Formats = ["jpg", "png", "webp", "gif"];

    /// <summary>A drawn picture of this size, as jpg, png, webp or gif.</summary>
    internal static async Task<byte[]> Drawn(string format, int width, int height, params string[] output) =>
        await File.ReadAllBytesAsync(
            await Sounds.Make(
                $"drawn-{width}-{height}-{output.Length}.{format}",
                ["-f", "lavfi", "-i", $"testsrc2=s={width}x{height}", "-frames:v", "1", .. output]
            )
        );

    /// <summary>Red and lime above blue and white, a quarter each.</summary>
    internal static async Task<byte[]> Quarters(string format) =>
        await File.ReadAllBytesAsync(
            await Sounds.Make(
                $"quarters.{format}",
                "-f",
                "lavfi",
                "-i",
                "color=white:s=64x64,drawbox=0:0:32:32:red:fill,drawbox=32:0:32:32:lime:fill,drawbox=0:32:32:32:blue:fill,format=rgb24",
                "-frames:v",
                "1"
            )
        );

    /// <summary>A JPEG with an EXIF block that says how it is to be turned, and where it was taken.</summary>
    internal static byte[] WithExif(byte[] jpeg, byte orientation)
    {
        byte[] tiff =
        [
            .. "MM\0*\0\0\0\u0008"u8,
            0,
            1,
            0x01,
            0x12,
            0,
            3,
            0,
            0,
            0,
            1,
            0,
            orientation,
            0,
            0,
            0,
            0,
            0,
            0,
            .. "GPS 46.05 14.50"u8,
        ];
        byte[] exif = [.. "Exif\0\0"u8, .. tiff];
        return
        [
            0xFF,
            0xD8,
            0xFF,
            0xE1,
            (byte)((exif.Length + 2) >> 8),
            (byte)(exif.Length + 2),
            .. exif,
            .. jpeg.AsSpan(2),
        ];
    }

    /// <summary>
    /// The colours in the middle of the four quarters: R, G, B, W for white and K for black, from the upper left on.
    /// </summary>
    internal static async Task<string> QuartersOf(byte[] picture)
    {
        var (edge, pixels) = await Pixels(picture);
        return string.Concat(
            new[] { (1, 1), (3, 1), (1, 3), (3, 3) }.Select(at =>
                Colour(pixels.AsSpan(3 * (edge * at.Item2 / 4 * edge + edge * at.Item1 / 4), 3))
            )
        );
    }

    /// <summary>The edge of a square picture.</summary>
    internal static async Task<int> EdgeOf(byte[] picture) => (await Pixels(picture)).Edge;

    internal static ByteArrayContent Content(byte[] picture, string type = "image/png") =>
        new(picture) { Headers = { ContentType = MediaTypeHeaderValue.Parse(type) } };

    private static async Task<(int Edge, byte[] Pixels)> Pixels(byte[] picture)
    {
        var folder = TestRun.NewFolder("picture");
        var (source, raw) = (Path.Combine(folder, "picture"), Path.Combine(folder, "pixels"));
        await File.WriteAllBytesAsync(source, picture);
        (
            await VezaProgram.Run(
                new ProcessStartInfo(
                    "ffmpeg",
                    [
                        "-nostdin",
                        "-v",
                        "error",
                        "-f",
                        "jpeg_pipe",
                        "-i",
                        source,
                        "-pix_fmt",
                        "rgb24",
                        "-f",
                        "rawvideo",
                        raw,
                    ]
                )
            )
        ).Succeeds();
        var pixels = await File.ReadAllBytesAsync(raw);
        var edge = (int)Math.Sqrt(pixels.Length / 3);
        Assert.Equal(
            pixels.Length.ToString(CultureInfo.InvariantCulture),
            (3 * edge * edge).ToString(CultureInfo.InvariantCulture)
        );
        return (edge, pixels);
    }

    private static char Colour(ReadOnlySpan<byte> rgb) =>
        (rgb[0] > 127, rgb[1] > 127, rgb[2] > 127) switch
        {
            (true, false, false) => 'R',
            (false, true, false) => 'G',
            (false, false, true) => 'B',
            (true, true, true) => 'W',
            (false, false, false) => 'K',
            _ => '?',
        };
}
