using Veza.Infrastructure.Configuration;

namespace Veza.Features.Auth;

/// <summary>
/// A cookie that only this server sets: no script reads it, and with the prefix <c>__Host-</c> no other host of the
/// domain, and nobody on the way, can plant one. That wants https and the whole host. Where the public URL has a path,
/// the prefix is <c>__Secure-</c> and the cookie is for that path alone; over http there is none.
/// </summary>
internal static class BrowserCookie
{
    private const string Route = "/api/v1/auth";

    internal static void Keep(HttpContext http, string name, string value, SameSiteMode sameSite, TimeSpan lifetime)
    {
        var (prefix, path, isSecure) = Form(http);
        http.Response.Cookies.Append(
            prefix + name,
            value,
            new CookieOptions
            {
                HttpOnly = true,
                Secure = isSecure,
                SameSite = sameSite,
                Path = path,
                MaxAge = lifetime,
                IsEssential = true,
            }
        );
    }

    internal static string? Of(HttpContext http, string name) =>
        http.Request.Cookies[Form(http).Prefix + name] is { Length: > 0 } value ? value : null;

    private static (string Prefix, string Path, bool IsSecure) Form(HttpContext http)
    {
        var url = http.RequestServices.GetRequiredService<Settings>().PublicUrl;
        var path = url.AbsolutePath.TrimEnd('/');
        if (url.Scheme != Uri.UriSchemeHttps)
            return ("", path + Route, false);
        return path.Length == 0 ? ("__Host-", "/", true) : ("__Secure-", path + Route, true);
    }
}
