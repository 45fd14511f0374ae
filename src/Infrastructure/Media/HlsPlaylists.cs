using System.Globalization;
using System.Text;

namespace Veza.Infrastructure.Media;

/// <summary>Writes the playlists of RFC 8216 for a ladder. URIs are relative; <c>query</c> (without the question mark) is put behind each, for signed addresses.</summary>
internal static class HlsPlaylists
{
    internal const string ContentType = "application/vnd.apple.mpegurl";

    internal static byte[] Master(AudioLadder ladder, string query = "")
    {
        var text = new StringBuilder("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n");
        foreach (var rendition in ladder.Renditions)
        {
            text.Append(CultureInfo.InvariantCulture, $"#EXT-X-STREAM-INF:BANDWIDTH={rendition.PeakBandwidthBps},");
            text.Append(CultureInfo.InvariantCulture, $"AVERAGE-BANDWIDTH={rendition.AverageBandwidthBps},CODECS=\"{rendition.Codec}\"\n");
            text.Append(CultureInfo.InvariantCulture, $"{MediaName(rendition)}{Suffix(query)}\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    internal static byte[] Media(AudioRendition rendition, string query = "")
    {
        var uri = rendition.FileName + Suffix(query);
        double timescale = rendition.Timescale;
        var longest = Math.Ceiling(rendition.Segments.Max(segment => segment.Duration) / timescale);
        var text = new StringBuilder("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-INDEPENDENT-SEGMENTS\n");
        text.Append(CultureInfo.InvariantCulture, $"#EXT-X-TARGETDURATION:{longest:0}\n");
        text.Append(CultureInfo.InvariantCulture, $"#EXT-X-MAP:URI=\"{uri}\",BYTERANGE=\"{rendition.Init.Size}@{rendition.Init.Offset}\"\n");
        foreach (var segment in rendition.Segments)
        {
            // Nine digits: rounding stays under a sample even when ten hours of segments are added up.
            text.Append(CultureInfo.InvariantCulture, $"#EXTINF:{segment.Duration / timescale:0.000000000},\n#EXT-X-BYTERANGE:{segment.Size}@{segment.Offset}\n{uri}\n");
        }

        return Encoding.UTF8.GetBytes(text.Append("#EXT-X-ENDLIST\n").ToString());
    }

    /// <summary><c>128k.m3u8</c> for <c>128k.m4a</c>.</summary>
    internal static string MediaName(AudioRendition rendition) => $"{rendition.Quality}.m3u8";

    private static string Suffix(string query) => query.Length == 0 ? "" : $"?{query}";
}
