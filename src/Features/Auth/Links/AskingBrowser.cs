using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.Links;

/// <summary>
/// By which the browser that asked for a link is known again: a cookie, and the <c>request_token</c> of clients that
/// keep none. It signs nobody in, but without it a link signs nobody in either. Each asking has a secret of its own,
/// whatever the browser brought: what somebody planted there opens no e-mail of whoever asks. The cookie keeps the last
/// few, so that a person who asks twice may open either e-mail.
/// </summary>
internal static class AskingBrowser
{
    internal const string Cookie = "veza_browser";
    private const int CharsMax = 64,
        SecretsMax = 4;
    private const char Between = '.';
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    /// <summary>
    /// The secrets that came with the request: the one named in its body, or those of the cookie, the newest first.
    /// </summary>
    internal static string[] Of(HttpContext http, string? requestToken = null)
    {
        if (requestToken is not null)
            return requestToken is { Length: > 0 and <= CharsMax } ? [requestToken] : [];
        return BrowserCookie.Of(http, Cookie) is { Length: <= (CharsMax + 1) * SecretsMax } kept
            ? [.. kept.Split(Between).Where(secret => secret is { Length: > 0 and <= CharsMax }).Take(SecretsMax)]
            : [];
    }

    /// <summary>A new secret for one asking.</summary>
    internal static string Begin(HttpContext http)
    {
        var secret = OneTime.NewToken();
        BrowserCookie.Keep(
            http,
            Cookie,
            string.Join(Between, Of(http).Prepend(secret).Take(SecretsMax)),
            SameSiteMode.Lax,
            Lifetime
        );
        return secret;
    }
}
