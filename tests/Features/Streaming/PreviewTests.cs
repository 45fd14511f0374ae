using System.Globalization;
using System.Text.RegularExpressions;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Media;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Streaming;

/// <summary>A preview is what its playlists name, and not a byte more.</summary>
[Trait("Touches", "Objects")]
public sealed partial class PreviewTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    private sealed record Span(long From, long To);

    private sealed record Shown(string Url, string FileName, Span Init, Span[] Segments)
    {
        internal bool Covers(long from, long to) =>
            to <= Init.To || (from >= Segments[0].From && to <= Segments[^1].To);
    }

    private async Task<(Guid Id, string HlsUrl, string DashUrl)> Gated()
    {
        var mira = await server.Register("mira");
        var id = await mira.UploadTrack(await Sounds.Long, ("visibility", "supporters"));
        await mira.Ready(id);
        var stream = await server.Visitor.Stream(id);
        Assert.Empty(stream.GetProperty("variants").EnumerateArray());
        return (id, stream.Text("hls_url"), stream.Text("dash_url"));
    }

    private async Task<Shown> Playlist(string hlsUrl, string quality)
    {
        var text = (await server.Visitor.Get(hlsUrl.Replace("master", quality, StringComparison.Ordinal))).Is(200).Text;
        static Span Range(Match m) =>
            new(
                long.Parse(m.Groups[2].Value, CultureInfo.InvariantCulture),
                long.Parse(m.Groups[2].Value, CultureInfo.InvariantCulture)
                    + long.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)
                    - 1
            );
        var name = UriPattern().Match(text).Groups[1].Value;
        return new Shown(
            hlsUrl.Replace("master.m3u8", name, StringComparison.Ordinal),
            name,
            Range(MapPattern().Match(text)),
            [.. SegmentPattern().Matches(text).Select(Range)]
        );
    }

    [Fact]
    public async Task A_preview_plays_and_no_other_byte_of_any_file_is_given()
    {
        var (id, hlsUrl, dashUrl) = await Gated();
        Assert.InRange(await Tools.Seconds(hlsUrl), 7.9, 8.1);
        Assert.InRange(await Tools.DecodedSeconds(hlsUrl), 7.9, 8.1);
        Assert.InRange(await Tools.DecodedSeconds(dashUrl), 7.9, 8.1);
        var whole = (await (await server.Register("mira")).Stream(id))
            .GetProperty("variants")
            .EnumerateArray()
            .ToDictionary(v => v.Text("quality"), v => v);
        foreach (var quality in whole.Keys)
        {
            var shown = await Playlist(hlsUrl, quality);
            var size = whole[quality].Number("size_bytes");
            Assert.Equal(2, shown.Segments.Length);
            Assert.InRange(shown.Segments[^1].To - shown.Segments[0].From, size / 4, size / 2);
            var content = (await server.Visitor.Get(whole[quality].Text("url"))).Is(200).Body;
            foreach (var span in shown.Segments.Append(shown.Init))
            {
                var part = (await server.Visitor.Get(shown.Url, ("Range", $"bytes={span.From}-{span.To}"))).Is(206);
                Assert.Equal(content[(int)span.From..(int)(span.To + 1)], part.Body);
            }

            var (first, last) = (shown.Segments[0].From, shown.Segments[^1].To);
            string?[] outside =
            [
                null,
                "bytes=0-",
                "bytes=-1",
                $"bytes={first - 1}-{first}",
                $"bytes={last}-{last + 1}",
                $"bytes={first}-",
                $"bytes={shown.Init.To}-{shown.Init.To + 1}",
                $"bytes=0-{last}",
                $"bytes={size}-",
                $"bytes={first}-{last},0-0",
                "bytes=0-0,1-1",
                "seconds=0-1",
                "bytes=5-1",
                $"bytes={size - 1}-{size + 10}",
            ];
            foreach (var range in outside)
                await Refused(shown.Url, range);
            // A condition that fails turns a range into the whole; one that holds does not turn the whole into a part.
            await Refused(shown.Url, $"bytes={first}-{last}", ("If-Range", "\"another\""));
            await Refused(shown.Url, null, ("If-None-Match", "*"));
            (await server.Visitor.Head(shown.Url)).Is(403);

            var random = new Random(7);
            for (var i = 0; i < 60; i++)
            {
                var from = random.NextInt64(size);
                var to = Math.Min(size - 1, from + random.NextInt64(i % 3 == 0 ? 200_000 : 2_000));
                if (shown.Covers(from, to))
                    (await server.Visitor.Get(shown.Url, ("Range", $"bytes={from}-{to}"))).Is(206);
                else
                    await Refused(shown.Url, $"bytes={from}-{to}");
            }
        }
    }

    private async Task Refused(string url, string? range, params (string, string)[] more) =>
        (await server.Visitor.Get(url, range is null ? more : [("Range", range), .. more])).Is(403, "PREVIEW_ONLY");

    [Theory]
    [InlineData(1, 0, null)]
    [InlineData(2, 60_000, "1..2")]
    [InlineData(12, 0, "0..6")]
    [InlineData(60, 80_000, "20..28")]
    [InlineData(60, 0, "0..8")]
    [InlineData(60, 4_000, "1..9")]
    [InlineData(60, 3_999, "0..8")]
    [InlineData(60, 999_999_999, "52..60")]
    public void A_preview_is_thirty_seconds_and_at_most_half(int segments, int fromMs, string? expected)
    {
        var rendition = new AudioRendition(
            "128k",
            "128k.m4a",
            "audio/mp4",
            "mp4a.40.2",
            48000,
            2,
            null,
            1,
            1,
            1,
            48000,
            1024,
            0,
            new ByteSpan(0, 10),
            [.. Enumerable.Range(0, segments).Select(i => new CmafSegment(20 + i * 10, 10, 192_000))]
        );
        var preview = Veza.Features.Streaming.Preview.Of(
            new AudioLadder(1, segments * 4000, 48000, segments * 192_000, [rendition]),
            fromMs
        );
        Assert.Equal(expected, preview?.Segments.ToString());
        if (preview is null)
            return;
        Assert.True(preview.Covers(rendition, new AskedBytes(0, 10, true)));
        Assert.False(preview.Covers(rendition, new AskedBytes(0, 11, true)));
        Assert.False(preview.Covers(rendition, new AskedBytes(0, rendition.Segments[^1].Offset + 10, false)));
    }

    [GeneratedRegex("""#EXT-X-MAP:URI="([^"]+)",BYTERANGE""")]
    private static partial Regex UriPattern();

    [GeneratedRegex("""BYTERANGE="(\d+)@(\d+)""")]
    private static partial Regex MapPattern();

    [GeneratedRegex(@"#EXT-X-BYTERANGE:(\d+)@(\d+)")]
    private static partial Regex SegmentPattern();
}
