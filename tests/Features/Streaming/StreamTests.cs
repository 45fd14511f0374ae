using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Streaming;

/// <summary>
/// A song out: playlists, segments and whole files behind signed URLs. One track is made for all of them.
/// </summary>
[Trait("Touches", "Objects")]
public sealed partial class StreamTests(StreamTests.Song song) : IClassFixture<StreamTests.Song>
{
    private const double FrameS = 1024 / 44100.0;

    public sealed class Song : IAsyncLifetime
    {
        private readonly VezaServer server = new();

        internal Actor Mira { get; private set; } = null!;

        internal Guid Id { get; private set; }

        internal JsonElement Stream { get; private set; }

        internal Visitor Visitor => server.Visitor;

        internal string Url(string name) =>
            Stream.Text("hls_url").Replace("master.m3u8", name, StringComparison.Ordinal);

        public async ValueTask InitializeAsync()
        {
            await server.InitializeAsync();
            Mira = await server.Register("mira");
            Id = await Mira.UploadTrack(await Sounds.Wav);
            await Mira.Ready(Id);
            Stream = await server.Visitor.Get($"/api/v1/tracks/{Id}/stream") is var reply
                ? reply.Is(200).Data
                : default;
        }

        public ValueTask DisposeAsync() => server.DisposeAsync();
    }

    private sealed record Segment(double DurationS, long Offset, long Size, string Uri);

    private async Task<(string Text, Segment[] Segments)> MediaPlaylist(string quality)
    {
        var reply = (await song.Visitor.Get(song.Url($"{quality}.m3u8"))).Is(200);
        Assert.Equal("application/vnd.apple.mpegurl", reply.ContentType);
        static double Number(Match m, int group) => double.Parse(m.Groups[group].Value, CultureInfo.InvariantCulture);
        return (
            reply.Text,
            [
                .. SegmentPattern()
                    .Matches(reply.Text)
                    .Select(m => new Segment(Number(m, 1), (long)Number(m, 3), (long)Number(m, 2), m.Groups[4].Value)),
            ]
        );
    }

    [Fact]
    public void The_stream_names_its_variants_and_when_its_urls_expire()
    {
        Assert.Equal(
            ["128k", "320k", "lossless"],
            song.Stream.GetProperty("variants").EnumerateArray().Select(v => v.Text("quality"))
        );
        Assert.InRange(
            song.Stream.GetProperty("expires_at").GetDateTime(),
            DateTime.UtcNow.AddMinutes(50),
            DateTime.UtcNow.AddMinutes(70)
        );
    }

    [Fact]
    public async Task The_master_playlist_offers_each_quality_by_its_bandwidth()
    {
        var master = (await song.Visitor.Get(song.Stream.Text("hls_url"))).Is(200);
        Assert.Equal("*", master.Header("Access-Control-Allow-Origin"));
        var lines = master.Text.Split('\n');
        Assert.Equal("#EXTM3U", lines[0]);
        Assert.Equal(
            ["128k.m3u8", "320k.m3u8", "lossless.m3u8"],
            lines.Where(l => l.EndsWith(".m3u8", StringComparison.Ordinal))
        );
        Assert.Equal(
            3,
            lines.Count(l =>
                l.StartsWith("#EXT-X-STREAM-INF:BANDWIDTH=", StringComparison.Ordinal)
                && l.Contains("CODECS=", StringComparison.Ordinal)
            )
        );
    }

    [Fact]
    public async Task Segments_add_up_to_the_source_and_begin_together_in_every_quality()
    {
        var starts = new List<double[]>();
        foreach (var quality in new[] { "128k", "320k", "lossless" })
        {
            var (text, segments) = await MediaPlaylist(quality);
            Assert.EndsWith("#EXT-X-ENDLIST\n", text, StringComparison.Ordinal);
            Assert.True(segments.Length >= 2);
            Assert.InRange(segments.Sum(s => s.DurationS), Sounds.SongS - FrameS, Sounds.SongS + FrameS);
            var target = double.Parse(TargetPattern().Match(text).Groups[1].Value, CultureInfo.InvariantCulture);
            Each.Of(segments, s => Assert.True(s.DurationS <= target));
            double at = 0;
            starts.Add([.. segments.Select(s => Math.Round((at += s.DurationS) - s.DurationS, 6))]);
            for (var i = 1; i < segments.Length; i++)
                Assert.Equal(segments[i - 1].Offset + segments[i - 1].Size, segments[i].Offset);
        }

        Assert.Equal(starts[0], starts[1]);
        Assert.Equal(starts[0], starts[2]);
    }

    [Fact]
    public async Task Ffprobe_reads_every_variant_and_the_master_playlist_over_http()
    {
        foreach (var variant in song.Stream.GetProperty("variants").EnumerateArray())
            Assert.InRange(await ProbedSeconds(variant.Text("url")), Sounds.SongS - 0.1, Sounds.SongS + 0.1);
        Assert.InRange(await ProbedSeconds(song.Stream.Text("hls_url")), Sounds.SongS - 0.1, Sounds.SongS + 0.1);
    }

    [Fact]
    public async Task A_range_gives_exactly_its_bytes()
    {
        var url = song.Url("128k.m4a");
        var whole = (await song.Visitor.Get(url)).Is(200);
        var size = whole.Body.Length;
        Assert.Equal(
            ("bytes", "audio/mp4", size.ToString(CultureInfo.InvariantCulture)),
            (whole.Header("Accept-Ranges"), whole.ContentType, whole.Header("Content-Length"))
        );
        (string Range, int From, int To)[] cases =
        [
            ("bytes=0-0", 0, 0),
            ("bytes=0-99", 0, 99),
            ($"bytes={size / 2}-{size / 2 + 9}", size / 2, size / 2 + 9),
            ($"bytes={size - 5}-", size - 5, size - 1),
            ("bytes=-7", size - 7, size - 1),
            ($"bytes=10-{size * 2}", 10, size - 1),
            ($"bytes=-{size * 2}", 0, size - 1),
        ];
        foreach (var (range, from, to) in cases)
        {
            var part = (await song.Visitor.Get(url, ("Range", range))).Is(206);
            Assert.Equal((range, $"bytes {from}-{to}/{size}"), (range, part.Header("Content-Range")));
            Assert.Equal(whole.Body[from..(to + 1)], part.Body);
        }
    }

    [Fact]
    public async Task A_range_outside_the_file_is_416_and_one_that_is_not_understood_gives_the_whole()
    {
        var url = song.Url("128k.m4a");
        var size = (await song.Visitor.Head(url)).Is(200).Header("Content-Length");
        foreach (var range in new[] { $"bytes={size}-", "bytes=99999999-", "bytes=-0" })
            (await song.Visitor.Get(url, ("Range", range))).Is(416, "RANGE_UNSATISFIABLE");
        foreach (var range in new[] { "seconds=0-1", "bytes=5-1", "bytes=a-b", "bytes=0-1,5-6" })
            Assert.Equal(size, (await song.Visitor.Get(url, ("Range", range))).Is(200).Header("Content-Length"));
    }

    [Fact]
    public async Task A_changed_file_is_never_mixed_with_a_part_of_the_old_one()
    {
        var url = song.Url("320k.m4a");
        var etag = (await song.Visitor.Head(url)).Is(200).Header("ETag")!;
        (await song.Visitor.Get(url, ("Range", "bytes=0-9"), ("If-Range", etag))).Is(206);
        (await song.Visitor.Get(url, ("Range", "bytes=0-9"), ("If-Range", "\"another\""))).Is(200);
        (await song.Visitor.Get(url, ("If-None-Match", etag))).Is(304);
        (await song.Visitor.Get(url, ("If-None-Match", "\"another\""))).Is(200);
        var playlist = (await song.Visitor.Get(song.Url("320k.m3u8"))).Is(200);
        (await song.Visitor.Get(song.Url("320k.m3u8"), ("If-None-Match", playlist.Header("ETag")!))).Is(304);
    }

    [Fact]
    public async Task Head_tells_what_get_would_give()
    {
        foreach (var name in new[] { "master.m3u8", "128k.m3u8", "128k.m4a", "lossless.mp4" })
        {
            var (head, get) = (
                (await song.Visitor.Head(song.Url(name))).Is(200),
                (await song.Visitor.Get(song.Url(name))).Is(200)
            );
            Assert.Empty(head.Body);
            Assert.Equal(
                (name, get.Header("Content-Length"), get.Header("Content-Type"), get.Header("ETag")),
                (name, head.Header("Content-Length"), head.Header("Content-Type"), head.Header("ETag"))
            );
        }
    }

    [Fact]
    public async Task A_wrong_signature_is_403()
    {
        var other = await song.Mira.UploadTrack(await Sounds.Short);
        await song.Mira.Ready(other);
        foreach (var name in new[] { "master.m3u8", "128k.m3u8", "128k.m4a" })
        {
            var url = song.Url(name);
            var grant = GrantPattern().Match(url).Groups[1].Value;
            foreach (
                var forged in new[]
                {
                    "x",
                    grant[..^1] + (grant[^1] == 'A' ? 'B' : 'A'),
                    grant[..8] + "AAA" + grant[11..],
                    new string('A', grant.Length),
                    grant + "A",
                }
            )
                (await song.Visitor.Get(url.Replace(grant, forged, StringComparison.Ordinal))).Is(
                    403,
                    "STREAM_SIGNATURE_INVALID"
                );
            // A grant is for one track and revision.
            (await song.Visitor.Get(url.Replace(song.Id.ToString(), other.ToString(), StringComparison.Ordinal))).Is(
                403,
                "STREAM_SIGNATURE_INVALID"
            );
            (await song.Visitor.Get(url.Replace($"/{song.Id}/", $"/{song.Id}/9", StringComparison.Ordinal))).Is(
                403,
                "STREAM_SIGNATURE_INVALID"
            );
        }
    }

    [Fact]
    public async Task A_name_that_the_track_does_not_have_is_404()
    {
        foreach (var name in new[] { "original", "ladder.json", "waveform.json", "64k.m4a", "64k.m3u8", "..%2f..%2fx" })
            (await song.Visitor.Get(song.Url(name))).Is(404);
    }

    [Fact]
    public async Task Another_page_may_ask_for_ranges()
    {
        var answer = (
            await song.Visitor.Send(
                HttpMethod.Options,
                song.Url("128k.m4a"),
                null,
                ("Origin", "https://player.example.org"),
                ("Access-Control-Request-Method", "GET")
            )
        ).Is(204);
        Assert.Equal("*", answer.Header("Access-Control-Allow-Origin"));
        Assert.Contains("Range", answer.Header("Access-Control-Allow-Headers"), StringComparison.Ordinal);
    }

    private static async Task<double> ProbedSeconds(string url)
    {
        var run = await VezaProgram.Run(
            new("ffprobe", ["-v", "error", "-show_entries", "format=duration:stream=codec_type", "-of", "json", url])
        );
        var answer = JsonElement.Parse(run.Succeeds().Output);
        Assert.Equal("", run.Errors);
        Each.Of(answer.GetProperty("streams").EnumerateArray(), s => Assert.Equal("audio", s.Text("codec_type")));
        return double.Parse(answer.GetProperty("format").Text("duration"), CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"#EXTINF:([\d.]+),\n#EXT-X-BYTERANGE:(\d+)@(\d+)\n(\S+)\n")]
    private static partial Regex SegmentPattern();

    [GeneratedRegex(@"#EXT-X-TARGETDURATION:(\d+)")]
    private static partial Regex TargetPattern();

    [GeneratedRegex("/stream/([^/]+)/")]
    private static partial Regex GrantPattern();
}
