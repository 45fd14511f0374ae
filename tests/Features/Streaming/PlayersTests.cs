using System.Buffers.Binary;
using System.Diagnostics;
using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Streaming;

/// <summary>
/// Programs that are not ours read and play the playlists and the manifest, and the rules of Apple's HLS authoring
/// specification that code can check hold.
/// </summary>
[Trait("Touches", "Objects")]
public sealed class PlayersTests(PlayersTests.Song song) : IClassFixture<PlayersTests.Song>
{
    private const double RoundingS = 0.5;

    public sealed class Song : IAsyncLifetime
    {
        internal VezaServer Server { get; } = new();

        internal JsonElement Stream { get; private set; }

        public async ValueTask InitializeAsync()
        {
            await Server.InitializeAsync();
            var mira = await Server.Register("mira");
            var id = await mira.UploadTrack(await Sounds.Long);
            await mira.Ready(id);
            Stream = await mira.Stream(id);
        }

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }

    private string HlsUrl => song.Stream.Text("hls_url");

    private string DashUrl => song.Stream.Text("dash_url");

    [Fact]
    public async Task A_strict_parser_understands_every_playlist_as_it_is_meant()
    {
        var read = await BrowserScript.Run("hls-check.mjs", HlsUrl);
        Assert.True(read.GetProperty("independent").GetBoolean());
        Assert.Equal(
            ["org.veza.track-gain", "org.veza.track-peak"],
            read.GetProperty("notes").EnumerateArray().Select(n => n.GetString())
        );
        var variants = read.GetProperty("variants").EnumerateArray().ToArray();
        Assert.Equal(["mp4a.40.2", "mp4a.40.2", "fLaC"], variants.Select(v => v.Text("codecs")));
        Assert.Equal(variants.Select(v => v.Number("bandwidth")).Order(), variants.Select(v => v.Number("bandwidth")));
        var durations = variants
            .Select(v => v.GetProperty("durations").EnumerateArray().Select(d => d.GetDouble()).ToArray())
            .ToArray();
        foreach (var (variant, segments) in variants.Zip(durations))
        {
            Assert.Equal(
                ("VOD", true, true),
                (
                    variant.Text("type"),
                    variant.GetProperty("ended").GetBoolean(),
                    variant.GetProperty("independent").GetBoolean()
                )
            );
            // One init part for all; a group of its own, whose sound is the variant's own.
            Assert.Equal(1, variant.Number("maps"));
            var media = Assert.Single(variant.GetProperty("audio").EnumerateArray());
            Assert.Equal(("2", JsonValueKind.Null), (media.Text("channels"), media.GetProperty("uri").ValueKind));
            // The target is one for all, no segment rounds over it, and all but the last are near it.
            Assert.Equal(variants[0].Number("target_s"), variant.Number("target_s"));
            Each.Of(segments, s => Assert.True(Math.Round(s) <= variant.Number("target_s")));
            Each.Of(segments[..^1], s => Assert.InRange(s, segments[0] - 0.001, segments[0] + 0.001));
            Assert.InRange(segments.Sum(), Sounds.LongS - RoundingS, Sounds.LongS + RoundingS);
            // No segment is above the peak that is stated, and all together have the average.
            var sizes = variant.GetProperty("sizes").EnumerateArray().Select(b => b.GetInt64()).ToArray();
            Assert.Equal(
                variant.Number("bandwidth"),
                sizes.Zip(segments, (bytes, seconds) => bytes * 8 / seconds).Max(),
                2d
            );
            Assert.Equal(variant.Number("average"), sizes.Sum() * 8 / segments.Sum(), 2d);
        }

        Assert.Equal(durations[0], durations[1]);
        Assert.Equal(durations[0], durations[2]);
        Assert.Equal(3, variants.Select(v => v.GetProperty("audio")[0].Text("group")).Distinct().Count());
    }

    [Fact]
    public async Task Every_segment_is_a_whole_fragment_that_begins_where_the_ones_before_it_end()
    {
        foreach (var variant in song.Stream.GetProperty("variants").EnumerateArray())
        {
            var file = (await song.Server.Visitor.Get(variant.Text("url"))).Is(200).Body;
            Assert.Equal("ftyp", Box(file, 0).Type);
            var (sequence, time) = (0u, 0L);
            for (var at = 0L; at < file.Length; )
            {
                var (type, size) = Box(file, at);
                if (type == "moof")
                {
                    Assert.Equal("mdat", Box(file, at + size).Type);
                    Assert.Equal(
                        ++sequence,
                        BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan(Find(file, "mfhd", at) + 8))
                    );
                    var decodeTime = BinaryPrimitives.ReadInt64BigEndian(file.AsSpan(Find(file, "tfdt", at) + 8));
                    Assert.True(
                        sequence == 1 ? decodeTime == 0 : decodeTime > time,
                        $"{variant.Text("quality")}: fragment {sequence} is at {decodeTime}"
                    );
                    time = decodeTime;
                }

                at += size;
            }

            Assert.Equal(5u, sequence);
        }
    }

    [Fact]
    public async Task Ffmpeg_plays_the_playlist_and_the_manifest_to_their_ends()
    {
        Assert.InRange(await Tools.DecodedSeconds(HlsUrl), Sounds.LongS - 0.05, Sounds.LongS + 0.05);
        Assert.InRange(await Tools.DecodedSeconds(DashUrl), Sounds.LongS - 0.05, Sounds.LongS + 0.05);
    }

    /// <summary>
    /// VLC reads HLS with code of its own. Held to one variant, because a WAV file cannot change its format.
    /// </summary>
    [Theory]
    [InlineData("lowest")]
    [InlineData("highest")]
    public async Task Vlc_plays_the_playlist_to_its_end(string variant)
    {
        var folder = TestRun.NewFolder("vlc");
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111);
        var sound = Path.Combine(folder, "sound.wav");
        string[] vlc =
        [
            "vlc",
            "-I",
            "dummy",
            "--no-video",
            "--no-interact",
            "--play-and-exit",
            $"--adaptive-logic={variant}",
            HlsUrl,
            "--sout",
            $"#transcode{{acodec=s16l}}:std{{access=file,mux=wav,dst={sound}}}",
            "vlc://quit",
        ];
        // It does not run as root.
        var command = Environment.IsPrivilegedProcess
            ? new ProcessStartInfo("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", .. vlc])
            : new ProcessStartInfo(vlc[0], vlc[1..]);
        command.Environment["HOME"] = folder;
        (await VezaProgram.Run(command)).Succeeds();
        Assert.InRange(await Tools.Seconds(sound), Sounds.LongS - 0.05, Sounds.LongS + 0.05);
    }

    [Fact]
    public async Task A_browser_plays_the_manifest_and_seeks_in_it()
    {
        var outcome = await BrowserScript.Run("dash.mjs", DashUrl, "14");
        Assert.Empty(outcome.GetProperty("errors").EnumerateArray());
        Assert.Equal(
            ["flac", "mp4a.40.2", "mp4a.40.2"],
            outcome.GetProperty("tracks").EnumerateArray().Select(t => t.GetString()!.ToLowerInvariant()).Order()
        );
        Assert.InRange(outcome.GetProperty("duration_s").GetDouble(), Sounds.LongS - 0.1, Sounds.LongS + 0.1);
        Assert.InRange(outcome.GetProperty("played_s").GetDouble(), 3, 10);
        Assert.InRange(outcome.GetProperty("after_seek_s").GetDouble(), 17, Sounds.LongS);
        Assert.True(outcome.Number("decoded_bytes") > 0);
    }

    private static (string Type, long Size) Box(byte[] file, long at) =>
        (
            System.Text.Encoding.ASCII.GetString(file, (int)at + 4, 4),
            BinaryPrimitives.ReadUInt32BigEndian(file.AsSpan((int)at))
        );

    /// <summary>Where the content of a box begins.</summary>
    private static int Find(byte[] file, string type, long from)
    {
        var at = file.AsSpan((int)from).IndexOf(System.Text.Encoding.ASCII.GetBytes(type));
        Assert.True(at > 0, $"There is no {type}.");
        return (int)from + at;
    }
}
