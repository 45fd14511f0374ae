using System.Text;
using System.Text.Json;
using Veza.Infrastructure.Media;

namespace Veza.Tests.Infrastructure.Media;

public sealed class HlsPlaylistsTests
{
    private static readonly AudioRendition Low = new("128k", "128k.m4a", "audio/mp4", "mp4a.40.2", 48000, 2, null, 129_000, 131_500, 100_000, 48000, 1024, 256,
        new ByteSpan(0, 728), [new CmafSegment(792, 64_000, 192_512), new CmafSegment(64_792, 35_208, 100_001)]);
    private static readonly AudioLadder Ladder = new(1, 6094, 48000, 292_513, [Low, Low with { Quality = "lossless", FileName = "lossless.mp4", Codec = "fLaC" }]);

    [Fact]
    public void The_master_playlist_names_each_rendition_with_its_measured_bandwidth()
    {
        const string expected = """
            #EXTM3U
            #EXT-X-VERSION:7
            #EXT-X-INDEPENDENT-SEGMENTS
            #EXT-X-STREAM-INF:BANDWIDTH=131500,AVERAGE-BANDWIDTH=129000,CODECS="mp4a.40.2"
            128k.m3u8?sig=x
            #EXT-X-STREAM-INF:BANDWIDTH=131500,AVERAGE-BANDWIDTH=129000,CODECS="fLaC"
            lossless.m3u8?sig=x

            """;
        Assert.Equal(expected, Encoding.UTF8.GetString(HlsPlaylists.Master(Ladder, "sig=x")));
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
    public void A_ladder_survives_its_own_json()
    {
        var json = JsonSerializer.Serialize(Ladder, AudioLadderJson.Default.AudioLadder);
        Assert.Contains("\"peak_bandwidth_bps\":131500", json, StringComparison.Ordinal);
        var read = JsonSerializer.Deserialize(json, AudioLadderJson.Default.AudioLadder)!;
        Assert.Equal(HlsPlaylists.Media(Low), HlsPlaylists.Media(read.Renditions[0]));
        Assert.Equal(HlsPlaylists.Master(Ladder), HlsPlaylists.Master(read));
    }
}
