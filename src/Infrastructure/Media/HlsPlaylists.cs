using System.Globalization;
using System.Text;

namespace Veza.Infrastructure.Media;

/// <summary>
/// Writes the playlists of RFC 8216 for a ladder. URIs are relative; <c>query</c> (without the question mark) is put
/// behind each, for signed addresses. A part is a run of segments, the same in every rendition.
/// </summary>
internal static class HlsPlaylists
{
    internal const string ContentType = "application/vnd.apple.mpegurl";

    /// <summary>
    /// One variant for each rendition. Its sound is the variant itself, so its EXT-X-MEDIA has no URI: it says what a
    /// player shows and chooses by. Each has a group of its own, since a group is what may be played beside any of its
    /// variants, and these are not to be mixed.
    /// </summary>
    internal static byte[] Master(AudioLadder ladder, string query = "", params ReadOnlySpan<ManifestNote> notes)
    {
        var text = new StringBuilder("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n");
        foreach (var note in notes)
            text.Append(
                CultureInfo.InvariantCulture,
                $"#EXT-X-SESSION-DATA:DATA-ID=\"{note.DataId}\",VALUE=\"{note.Value}\"\n"
            );
        foreach (var rendition in ladder.Renditions)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"{rendition.Quality}\",NAME=\"{(rendition.Channels == 1 ? "Mono" : "Stereo")}\","
            );
            text.Append(CultureInfo.InvariantCulture, $"DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"{rendition.Channels}\",");
            if (rendition.BitsPerSample is { } bits)
                text.Append(CultureInfo.InvariantCulture, $"BIT-DEPTH={bits},");
            text.Append(CultureInfo.InvariantCulture, $"SAMPLE-RATE={rendition.SampleRateHz}\n");
        }

        foreach (var rendition in ladder.Renditions)
        {
            text.Append(CultureInfo.InvariantCulture, $"#EXT-X-STREAM-INF:BANDWIDTH={rendition.PeakBandwidthBps},");
            text.Append(
                CultureInfo.InvariantCulture,
                $"AVERAGE-BANDWIDTH={rendition.AverageBandwidthBps},CODECS=\"{rendition.Codec}\",AUDIO=\"{rendition.Quality}\"\n"
            );
            text.Append(CultureInfo.InvariantCulture, $"{MediaName(rendition)}{Suffix(query)}\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    internal static byte[] Media(AudioRendition rendition, string query = "", Range? part = null)
    {
        var uri = rendition.FileName + Suffix(query);
        var segments = rendition.Segments[part ?? Range.All];
        double timescale = rendition.Timescale;
        var longest = Math.Ceiling(segments.Max(segment => segment.Duration) / timescale);
        var text = new StringBuilder(
            "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-INDEPENDENT-SEGMENTS\n"
        );
        text.Append(CultureInfo.InvariantCulture, $"#EXT-X-TARGETDURATION:{longest:0}\n");
        text.Append(
            CultureInfo.InvariantCulture,
            $"#EXT-X-MAP:URI=\"{uri}\",BYTERANGE=\"{rendition.Init.Size}@{rendition.Init.Offset}\"\n"
        );
        foreach (var segment in segments)
        {
            // Nine digits: rounding stays under a sample even when ten hours of segments are added up.
            text.Append(
                CultureInfo.InvariantCulture,
                $"#EXTINF:{segment.Duration / timescale:0.000000000},\n"
                    + $"#EXT-X-BYTERANGE:{segment.Size}@{segment.Offset}\n{uri}\n"
            );
        }

        return Encoding.UTF8.GetBytes(text.Append("#EXT-X-ENDLIST\n").ToString());
    }

    /// <summary><c>128k.m3u8</c> for <c>128k.m4a</c>.</summary>
    internal static string MediaName(AudioRendition rendition) => $"{rendition.Quality}.m3u8";

    private static string Suffix(string query) => query.Length == 0 ? "" : $"?{query}";
}

/// <summary>
/// Something that a manifest says of the sound, for players that know the name: A to Z, digits and hyphens; the value
/// has no quotes.
/// </summary>
internal readonly record struct ManifestNote(string Name, string Value)
{
    /// <summary>As HLS names session data.</summary>
    internal string DataId => "org.veza." + Name;

    /// <summary>As DASH names a property.</summary>
    internal string SchemeId => "urn:veza:" + Name;
}
