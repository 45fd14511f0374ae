using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>
/// By which the browser that asked for a link is known again: a cookie, and the <c>request_token</c> of clients that keep none. It signs nobody in,
/// but without it a link signs nobody in either.
/// </summary>
internal static class AskingBrowser
{
    internal const string Cookie = "veza_browser";
    private const int CharsMax = 64;
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    /// <summary>The secret that came with the request: named in its body, or in the cookie.</summary>
    internal static string? Of(HttpContext http, string? requestToken = null) =>
        (requestToken ?? http.Request.Cookies[Cookie]) is { Length: > 0 and <= CharsMax } secret ? secret : null;

    /// <summary>The browser's secret, kept if it has one: a person who asks twice may open either letter.</summary>
    internal static string Keep(HttpContext http, Settings settings)
    {
        var secret = Of(http) ?? OneTime.NewToken();
        http.Response.Cookies.Append(Cookie, secret, new CookieOptions
        {
            HttpOnly = true, SameSite = SameSiteMode.Lax, Secure = settings.PublicUrl.Scheme == Uri.UriSchemeHttps, MaxAge = Lifetime,
            Path = settings.PublicUrl.AbsolutePath.TrimEnd('/') + "/api/v1/auth",
        });
        return secret;
    }
}
