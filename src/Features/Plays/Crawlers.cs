namespace Veza.Features.Plays;

/// <summary>Programs that say in their user agent that nobody listens.</summary>
internal static class Crawlers
{
    /// <summary>They name themselves for what they are, signed in or not.</summary>
    private static readonly string[] ByName =
    [
        "bot",
        "crawl",
        "spider",
        "slurp",
        "archiver",
        "facebookexternalhit",
        "embedly",
        "preview",
        "headless",
        "phantomjs",
        "lighthouse",
        "pingdom",
        "uptime",
        "monitor",
        "scrapy",
    ];

    /// <summary>
    /// Tools and libraries. With an account they may be somebody's player; without one they are not a listener.
    /// </summary>
    private static readonly string[] Tools =
    [
        "curl/",
        "wget/",
        "python-requests",
        "python-urllib",
        "aiohttp",
        "httpx",
        "go-http-client",
        "okhttp",
        "java/",
        "apache-httpclient",
        "libwww-perl",
        "axios/",
        "node-fetch",
        "ffmpeg",
        "lavf/",
    ];

    internal static bool Names(string userAgent, bool isSignedIn)
    {
        if (ByName.Any(name => userAgent.Contains(name, StringComparison.OrdinalIgnoreCase)))
            return true;
        return !isSignedIn
            && (
                string.IsNullOrWhiteSpace(userAgent)
                || Tools.Any(tool => userAgent.Contains(tool, StringComparison.OrdinalIgnoreCase))
            );
    }
}
