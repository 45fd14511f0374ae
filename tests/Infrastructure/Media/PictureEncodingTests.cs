using System.Buffers.Binary;
using System.Text;
using Veza.Infrastructure.Media;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Media;

/// <summary>
/// Pictures of strangers: made anew, turned upright, and nothing else of them kept. What is none, or too much, is
/// refused before a decoder sees it.
/// </summary>
public sealed class PictureEncodingTests : IDisposable
{
    private static readonly PictureSizes Sizes = new(512, 64);
    private static readonly Lazy<Task<MediaSandbox>> Sandbox = new(() => MediaSandbox.Detect(CancellationToken.None));
    private readonly string scratch = TestRun.NewFolder("pictures");

    /// <summary>Whatever came of it, no file in work stays.</summary>
    public void Dispose() => Assert.Empty(Directory.EnumerateFileSystemEntries(scratch));

    [Fact]
    public async Task Every_form_becomes_square_JPEGs_that_are_never_blown_up()
    {
        foreach (var format in Pictures.Formats)
        {
            var made = await Encode(await Pictures.Drawn(format, 300, 200));
            Assert.Equal(
                (format, 200, 64),
                (format, await Pictures.EdgeOf(made.Files[0]), await Pictures.EdgeOf(made.Files[1]))
            );
            Assert.Equal("RGBW", await Pictures.QuartersOf((await Encode(await Pictures.Quarters(format))).Files[0]));
        }

        var (tall, flat) = (
            await Encode(await Pictures.Drawn("png", 700, 1400)),
            await Encode(await Pictures.Drawn("png", 2000, 2))
        );
        Assert.Equal((512, 64), (await Pictures.EdgeOf(tall.Files[0]), await Pictures.EdgeOf(tall.Files[1])));
        Assert.Equal((2, 2), (await Pictures.EdgeOf(flat.Files[0]), await Pictures.EdgeOf(flat.Files[1])));
    }

    [Fact]
    public async Task A_picture_is_turned_as_its_camera_says_and_the_place_is_gone()
    {
        var upright = await Pictures.Quarters("jpg");
        string[] turned = ["RGBW", "GRWB", "WBGR", "BWRG", "RBGW", "BRWG", "WGBR", "GWRB"];
        foreach (var (i, expected) in turned.Index())
        {
            var photo = Pictures.WithExif(upright, (byte)(i + 1));
            Assert.Contains("GPS", Encoding.Latin1.GetString(photo), StringComparison.Ordinal);
            var made = (await Encode(photo)).Files[0];
            Assert.Equal((i + 1, expected), (i + 1, await Pictures.QuartersOf(made)));
            Assert.DoesNotContain("GPS", Encoding.Latin1.GetString(made), StringComparison.Ordinal);
            Assert.DoesNotContain("Exif", Encoding.Latin1.GetString(made), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Where_a_picture_is_transparent_it_is_white()
    {
        var glass = await File.ReadAllBytesAsync(
            await Sounds.Make(
                "glass.png",
                "-f",
                "lavfi",
                "-i",
                "color=black@0.0:s=64x64,format=rgba",
                "-frames:v",
                "1"
            ),
            TestContext.Current.CancellationToken
        );
        Assert.Equal("WWWW", await Pictures.QuartersOf((await Encode(glass)).Files[0]));
    }

    [Fact]
    public async Task What_follows_a_picture_does_not_come_along()
    {
        byte[] both = [.. await Pictures.Quarters("png"), .. "<html><script>alert(1)</script>"u8];
        var made = (await Encode(both)).Files[0];
        Assert.Equal("RGBW", await Pictures.QuartersOf(made));
        Assert.DoesNotContain("script", Encoding.Latin1.GetString(made), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_one_that_moves_the_first_picture_is_taken_and_moving_WebP_is_not()
    {
        var gif = await Sounds.Make(
            "moving.gif",
            "-f",
            "lavfi",
            "-i",
            "color=red:s=64x64:d=1,format=rgb24",
            "-f",
            "lavfi",
            "-i",
            "color=blue:s=64x64:d=1,format=rgb24",
            "-filter_complex",
            "concat"
        );
        Assert.Equal(
            "RRRR",
            await Pictures.QuartersOf(
                (await Encode(await File.ReadAllBytesAsync(gif, TestContext.Current.CancellationToken))).Files[0]
            )
        );
        var webp = await Sounds.Make(
            "moving.webp",
            "-f",
            "lavfi",
            "-i",
            "testsrc2=s=64x64:d=1",
            "-c:v",
            "libwebp_anim"
        );
        Assert.False(
            (await Refusal(await File.ReadAllBytesAsync(webp, TestContext.Current.CancellationToken))).IsDamaged
        );
    }

    [Fact]
    public async Task What_is_no_picture_is_refused_unseen()
    {
        var etc = "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n";
        string[] strangers =
        [
            "",
            "x",
            "text",
            "<svg xmlns=\"http://www.w3.org/2000/svg\"><image href=\"file:///etc/passwd\"/></svg>",
            "push graphic-context\nimage over 0,0 0,0 'url(https://example.org/\"|ls)'\n",
            etc,
            "\u00FF\u00D8\u00FF" + etc,
            "GIF89a",
            "RIFF\0\0\0\0WEBP",
            "RIFF\0\0\0\0WAVEfmt ",
            "\u0089PNG\r\n\u001A\n",
            "BM\0\0",
            "II*\0\b\0\0\0",
            "%PDF-1.7",
            "%!PS",
            "ffconcat version 1.0\nfile /etc/passwd",
        ];
        await Works();
        foreach (var stranger in strangers)
            Assert.False((await Refusal(Encoding.Latin1.GetBytes(stranger))).IsDamaged);
    }

    [Fact]
    public async Task A_bomb_is_refused_by_its_header_or_by_the_decoder()
    {
        var png = await Pictures.Drawn("png", 64, 64);
        await Works();
        foreach (
            var (width, height) in new[]
            {
                (100_000, 100_000),
                (16_385, 1),
                (1, 16_385),
                (6_400, 6_400),
                (int.MaxValue, int.MaxValue),
                (0, 1),
            }
        )
            Assert.False((await Refusal(Sized(png, width, height))).IsDamaged);
        // As large as is taken, and nothing in it.
        Assert.True((await Refusal(Sized(png, 6_300, 6_300))).IsDamaged);

        // A second frame header, of 60,000 pixels an edge, behind the one that is looked at.
        var jpeg = await Pictures.Drawn("jpg", 64, 64);
        var frame = jpeg.AsSpan().IndexOf([(byte)0xFF, (byte)0xC0]);
        var header = jpeg.AsSpan(frame, 2 + BinaryPrimitives.ReadUInt16BigEndian(jpeg.AsSpan(frame + 2))).ToArray();
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(5), 60_000);
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(7), 60_000);
        Assert.True(
            (
                await Refusal([
                    .. jpeg.AsSpan(0, frame + 2 + header.Length - 2),
                    .. header,
                    .. jpeg.AsSpan(frame + header.Length),
                ])
            ).IsDamaged
        );

        Assert.False((await Refusal([.. png, .. new byte[PictureEncoding.BytesMax]])).IsDamaged);
    }

    [Fact]
    public async Task A_picture_that_is_cut_short_is_damaged()
    {
        foreach (var format in new[] { "jpg", "png", "webp" })
        {
            var whole = await Pictures.Drawn(format, 300, 200);
            Assert.NotEmpty((await Encode(whole)).Files);
            Assert.True((await Refusal(whole[..(whole.Length / 2)])).IsDamaged);
        }
    }

    [Fact]
    public async Task Forty_broken_pictures_are_made_or_refused_and_nothing_else()
    {
        var random = new Random(20260301);
        var (made, refused) = (0, 0);
        foreach (var format in Pictures.Formats)
        {
            var whole = await Pictures.Drawn(format, 96, 64);
            Assert.NotEmpty((await Encode(whole)).Files);
            for (var n = 0; n < 10; n++)
            {
                try
                {
                    Each.Of(
                        (await Encode(Mutation.Of(whole, random))).Files,
                        file => Assert.NotNull(PictureHeader.Of(file))
                    );
                    made++;
                }
                catch (PictureRefused refusal)
                {
                    Assert.NotEmpty(refusal.Message);
                    refused++;
                }
            }
        }

        // A decoder that takes nothing would pass what stands above.
        Assert.True(made > 0 && refused > 0, $"{made} made, {refused} refused");
    }

    private async Task<EncodedPicture> Encode(byte[] file) =>
        await PictureEncoding.Run(await Sandbox.Value, scratch, file, Sizes, TestContext.Current.CancellationToken);

    /// <summary>That all of what follows is refused says something only where a sound picture is not.</summary>
    private async Task Works() =>
        Assert.Equal(Sizes.Px.Length, (await Encode(await Pictures.Drawn("png", 64, 64))).Files.Length);

    private Task<PictureRefused> Refusal(byte[] file) => Assert.ThrowsAsync<PictureRefused>(() => Encode(file));

    /// <summary>The same PNG with another size in its header, its checksum mended.</summary>
    private static byte[] Sized(byte[] png, int width, int height)
    {
        byte[] sized = [.. png];
        BinaryPrimitives.WriteInt32BigEndian(sized.AsSpan(16), width);
        BinaryPrimitives.WriteInt32BigEndian(sized.AsSpan(20), height);
        var crc = uint.MaxValue;
        foreach (var value in sized.AsSpan(12, 17))
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) * 0xEDB88320u);
        }

        BinaryPrimitives.WriteUInt32BigEndian(sized.AsSpan(29), ~crc);
        return sized;
    }
}
