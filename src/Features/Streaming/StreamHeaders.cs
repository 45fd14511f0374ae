using System.Globalization;

namespace Veza.Features.Streaming;

/// <summary>
/// Headers of everything behind a signed URL. The URL is the permission, there are no cookies: any page may play it.
/// </summary>
internal static class StreamHeaders
{
    private const string TrackGain = "Veza-Track-Gain",
        TrackPeak = "Veza-Track-Peak";
    private const int CachedMaxS = 24 * 3600;

    internal static void AllowAllOrigins(HttpResponse response)
    {
        response.Headers.AccessControlAllowOrigin = "*";
        response.Headers.AccessControlExposeHeaders =
            $"Content-Length, Content-Range, Accept-Ranges, ETag, {TrackGain}, {TrackPeak}";
    }

    /// <summary>
    /// A revision never changes; a cache may keep it as long as the URL is good. Gain and peak are in dB, for players
    /// that read no manifest.
    /// </summary>
    internal static void Say(HttpResponse response, StreamGrant granted)
    {
        response.Headers.CacheControl = $"private, max-age={Math.Min(granted.SecondsLeft, CachedMaxS)}, immutable";
        if (granted.Terms.GainDb is { } gain)
            response.Headers[TrackGain] = gain.ToString("0.00", CultureInfo.InvariantCulture);
        if (granted.Terms.PeakDbtp is { } peak)
            response.Headers[TrackPeak] = peak.ToString("0.00", CultureInfo.InvariantCulture);
    }
}
