namespace Veza.Features.Streaming;

/// <summary>Headers of everything behind a signed URL. The URL is the permission, there are no cookies: any page may play it.</summary>
internal static class StreamHeaders
{
    private const int CachedMaxS = 24 * 3600;

    internal static void AllowAllOrigins(HttpResponse response)
    {
        response.Headers.AccessControlAllowOrigin = "*";
        response.Headers.AccessControlExposeHeaders = "Content-Length, Content-Range, Accept-Ranges, ETag";
    }

    /// <summary>A revision never changes; a cache may keep it as long as the URL is good.</summary>
    internal static void CacheFor(HttpResponse response, int secondsLeft) =>
        response.Headers.CacheControl = $"private, max-age={Math.Min(secondsLeft, CachedMaxS)}, immutable";
}
