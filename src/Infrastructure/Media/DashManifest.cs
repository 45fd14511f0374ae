using System.Globalization;
using System.Text;

namespace Veza.Infrastructure.Media;

/// <summary>
/// Writes the MPD of a ladder, over the same files as the HLS playlists. The whole is of the on-demand profile: a
/// player reads each file's own index. A part, a run of segments, is a list of byte ranges instead, so that nobody
/// needs the index. Codecs are never mixed in an adaptation set.
/// </summary>
internal static class DashManifest
{
    internal const string ContentType = "application/dash+xml";

    internal static byte[] Write(AudioLadder ladder, Range? part = null, params ReadOnlySpan<ManifestNote> notes)
    {
        var first = ladder.Renditions[0];
        var seconds = first.Segments[part ?? Range.All].Sum(segment => segment.Duration) / (double)first.Timescale;
        var text = new StringBuilder(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" "
        );
        text.Append(
            CultureInfo.InvariantCulture,
            $"profiles=\"urn:mpeg:dash:profile:isoff-{(part is null ? "on-demand" : "main")}:2011\" "
        );
        text.Append(
            CultureInfo.InvariantCulture,
            $"mediaPresentationDuration=\"PT{seconds:0.000000}S\" minBufferTime=\"PT4S\">\n"
        );
        text.Append("  <Period id=\"0\" start=\"PT0S\">\n");
        foreach (var note in notes)
            text.Append(
                CultureInfo.InvariantCulture,
                $"    <SupplementalProperty schemeIdUri=\"{note.SchemeId}\" value=\"{note.Value}\"/>\n"
            );
        var number = 0;
        foreach (var renditions in ladder.Renditions.GroupBy(rendition => rendition.Codec))
            Set(text, number++, [.. renditions], part);
        return Encoding.UTF8.GetBytes(text.Append("  </Period>\n</MPD>\n").ToString());
    }

    private static void Set(StringBuilder text, int number, AudioRendition[] renditions, Range? part)
    {
        var alignment = part is null
            ? "subsegmentAlignment=\"true\" subsegmentStartsWithSAP=\"1\""
            : "segmentAlignment=\"true\" startWithSAP=\"1\"";
        text.Append(
            CultureInfo.InvariantCulture,
            $"    <AdaptationSet id=\"{number}\" contentType=\"audio\" mimeType=\"audio/mp4\" {alignment}>\n"
        );
        text.Append(
            CultureInfo.InvariantCulture,
            $"      <Role schemeIdUri=\"urn:mpeg:dash:role:2011\" value=\"{(number == 0 ? "main" : "alternate")}\"/>\n"
        );
        foreach (var rendition in renditions)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"      <Representation id=\"{rendition.Quality}\" codecs=\"{rendition.Codec}\" "
                    + $"bandwidth=\"{rendition.PeakBandwidthBps}\" "
            );
            text.Append(
                CultureInfo.InvariantCulture,
                $"audioSamplingRate=\"{rendition.SampleRateHz}\">\n        <AudioChannelConfiguration "
            );
            text.Append(
                CultureInfo.InvariantCulture,
                $"schemeIdUri=\"urn:mpeg:dash:23003:3:audio_channel_configuration:2011\" "
                    + $"value=\"{rendition.Channels}\"/>\n"
            );
            text.Append(CultureInfo.InvariantCulture, $"        <BaseURL>{rendition.FileName}</BaseURL>\n");
            if (part is { } run)
                List(text, rendition, run);
            else
                Indexed(text, rendition);
            text.Append("      </Representation>\n");
        }

        text.Append("    </AdaptationSet>\n");
    }

    private static void Indexed(StringBuilder text, AudioRendition rendition)
    {
        // The index stands between the init part and the first segment.
        text.Append(
            CultureInfo.InvariantCulture,
            $"        <SegmentBase timescale=\"{rendition.Timescale}\" "
                + $"indexRange=\"{rendition.Init.Size}-{rendition.Segments[0].Offset - 1}\">"
        );
        text.Append(
            CultureInfo.InvariantCulture,
            $"<Initialization range=\"0-{rendition.Init.Size - 1}\"/></SegmentBase>\n"
        );
    }

    private static void List(StringBuilder text, AudioRendition rendition, Range run)
    {
        // Media time has the encoder's delay in it, at the very front, as the file's own index has it.
        var (from, count) = run.GetOffsetAndLength(rendition.Segments.Length);
        long time =
            rendition.Segments[..from].Sum(segment => segment.Duration)
            + (from > 0 ? rendition.EncoderDelaySamples : 0);
        text.Append(
            CultureInfo.InvariantCulture,
            $"        <SegmentList timescale=\"{rendition.Timescale}\" presentationTimeOffset=\"{time}\">\n"
        );
        text.Append(
            CultureInfo.InvariantCulture,
            $"          <Initialization range=\"0-{rendition.Init.Size - 1}\"/>\n          <SegmentTimeline>"
        );
        for (var i = from; i < from + count; i++)
        {
            var duration = rendition.Segments[i].Duration + (i == 0 ? rendition.EncoderDelaySamples : 0);
            text.Append(CultureInfo.InvariantCulture, $"<S t=\"{time}\" d=\"{duration}\"/>");
            time += duration;
        }

        text.Append("</SegmentTimeline>\n");
        foreach (var segment in rendition.Segments[run])
            text.Append(
                CultureInfo.InvariantCulture,
                $"          <SegmentURL mediaRange=\"{segment.Offset}-{segment.Offset + segment.Size - 1}\"/>\n"
            );
        text.Append("        </SegmentList>\n");
    }
}
