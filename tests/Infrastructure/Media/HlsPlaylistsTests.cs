using System.Text;
using System.Text.Json;
using Veza.Infrastructure.Media;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Media;

public sealed class HlsPlaylistsTests
{
    private static readonly AudioRendition Low = new(
        "128k",
        "128k.m4a",
        "audio/mp4",
        "mp4a.40.2",
        48000,
        2,
        null,
        129_000,
        131_500,
        100_000,
        48000,
        1024,
        256,
        new ByteSpan(0, 728),
        [new CmafSegment(792, 64_000, 192_512), new CmafSegment(64_792, 35_208, 100_001)]
    );
    private static readonly AudioLadder Ladder = new(
        1,
        6094,
        48000,
        292_513,
        [
            Low,
            Low with
            {
                Quality = "lossless",
                FileName = "lossless.mp4",
                Codec = "fLaC",
                Channels = 1,
                BitsPerSample = 24,
            },
        ]
    );

    [Fact]
    public void The_master_playlist_names_each_rendition_with_its_measured_bandwidth()
    {
        const string expected = """
            #EXTM3U
            #EXT-X-VERSION:7
            #EXT-X-INDEPENDENT-SEGMENTS
            #EXT-X-SESSION-DATA:DATA-ID="org.veza.track-gain",VALUE="-3.20 dB"
            #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="128k",NAME="Stereo",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",SAMPLE-RATE=48000
            #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="lossless",NAME="Mono",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="1",BIT-DEPTH=24,SAMPLE-RATE=48000
            #EXT-X-STREAM-INF:BANDWIDTH=131500,AVERAGE-BANDWIDTH=129000,CODECS="mp4a.40.2",AUDIO="128k"
            128k.m3u8?sig=x
            #EXT-X-STREAM-INF:BANDWIDTH=131500,AVERAGE-BANDWIDTH=129000,CODECS="fLaC",AUDIO="lossless"
            lossless.m3u8?sig=x

            """;
        Assert.Equal(
            expected,
            Encoding.UTF8.GetString(HlsPlaylists.Master(Ladder, "sig=x", new ManifestNote("track-gain", "-3.20 dB")))
        );
    }

    [Fact]
    public void A_media_playlist_addresses_its_segments_in_one_file()
    {
        const string expected = """
            #EXTM3U
            #EXT-X-VERSION:7
            #EXT-X-PLAYLIST-TYPE:VOD
            #EXT-X-INDEPENDENT-SEGMENTS
            #EXT-X-TARGETDURATION:5
            #EXT-X-MAP:URI="128k.m4a",BYTERANGE="728@0"
            #EXTINF:4.010666667,
            #EXT-X-BYTERANGE:64000@792
            128k.m4a
            #EXTINF:2.083354167,
            #EXT-X-BYTERANGE:35208@64792
            128k.m4a
            #EXT-X-ENDLIST

            """;
        Assert.Equal(expected, Encoding.UTF8.GetString(HlsPlaylists.Media(Low)));
    }

    [Fact]
    public void A_part_names_its_own_segments_alone()
    {
        var text = Encoding.UTF8.GetString(HlsPlaylists.Media(Low, part: 1..2));
        Assert.Contains("#EXT-X-TARGETDURATION:3\n", text, StringComparison.Ordinal);
        Assert.Equal(
            ["#EXT-X-BYTERANGE:35208@64792"],
            text.Split('\n').Where(line => line.StartsWith("#EXT-X-BYTERANGE", StringComparison.Ordinal))
        );
        Assert.EndsWith("#EXT-X-ENDLIST\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dash_manifest_points_to_the_index_of_each_file_and_a_part_to_its_own_ranges()
    {
        var whole = System.Xml.Linq.XDocument.Parse(
            Encoding.UTF8.GetString(DashManifest.Write(Ladder, null, new ManifestNote("track-gain", "-3.20 dB")))
        );
        System.Xml.Linq.XNamespace mpd = "urn:mpeg:dash:schema:mpd:2011";
        Assert.Equal(
            ["0-727", "0-727"],
            whole.Descendants(mpd + "Initialization").Select(e => e.Attribute("range")!.Value)
        );
        Assert.Equal(
            ["728-791", "728-791"],
            whole.Descendants(mpd + "SegmentBase").Select(e => e.Attribute("indexRange")!.Value)
        );
        Assert.Equal(
            ["mp4a.40.2", "fLaC"],
            whole
                .Descendants(mpd + "AdaptationSet")
                .Select(set => Assert.Single(set.Elements(mpd + "Representation")).Attribute("codecs")!.Value)
        );
        Assert.Equal(
            "-3.20 dB",
            Assert.Single(whole.Descendants(mpd + "SupplementalProperty")).Attribute("value")!.Value
        );
        Assert.Equal("PT6.094021S", whole.Root!.Attribute("mediaPresentationDuration")!.Value);

        var part = System.Xml.Linq.XDocument.Parse(Encoding.UTF8.GetString(DashManifest.Write(Ladder, 1..2)));
        Assert.Empty(part.Descendants(mpd + "SegmentBase"));
        Assert.Equal(
            ["64792-99999", "64792-99999"],
            part.Descendants(mpd + "SegmentURL").Select(e => e.Attribute("mediaRange")!.Value)
        );
        // Media time begins with the encoder's delay, which the first segment holds.
        Assert.Equal(
            ["193536 100001", "193536 100001"],
            part.Descendants(mpd + "S").Select(e => $"{e.Attribute("t")!.Value} {e.Attribute("d")!.Value}")
        );
        Each.Of(
            part.Descendants(mpd + "SegmentList"),
            e => Assert.Equal("193536", e.Attribute("presentationTimeOffset")!.Value)
        );
    }

    [Fact]
    public void A_ladder_survives_its_own_json()
    {
        var json = JsonSerializer.Serialize(Ladder, AudioLadderJson.Default.AudioLadder);
        Assert.Contains("\"peak_bandwidth_bps\":131500", json, StringComparison.Ordinal);
        var read = JsonSerializer.Deserialize(json, AudioLadderJson.Default.AudioLadder)!;
        Assert.Equal(HlsPlaylists.Media(Low), HlsPlaylists.Media(read.Renditions[0]));
        Assert.Equal(HlsPlaylists.Master(Ladder), HlsPlaylists.Master(read));
    }
}
