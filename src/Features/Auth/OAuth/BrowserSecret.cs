using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Veza.Infrastructure.Configuration;

namespace Veza.Features.Auth.OAuth;

/// <summary>
/// A secret that stays in the browser in which something was begun, so that it can only go on there: a cookie that
/// scripts cannot read and that other sites' forms do not send. Each token has a cookie of its own, so that two tabs do
/// not disturb each other.
/// </summary>
internal static class BrowserSecret
{
    private const int SecretBytes = 32,
        NameBytes = 8,
        CharsMax = 64;

    internal static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));

    internal static void Keep(HttpContext http, Settings settings, string token, string secret, TimeSpan lifetime) =>
        http.Response.Cookies.Append(Name(settings, token), secret, Options(settings, lifetime));

    /// <summary>The secret that this browser has for the token; null when it was not begun here.</summary>
    internal static string? Of(HttpContext http, Settings settings, string token) =>
        http.Request.Cookies[Name(settings, token)] is { Length: > 0 and <= CharsMax } secret ? secret : null;

    internal static void Forget(HttpContext http, Settings settings, string token) =>
        http.Response.Cookies.Delete(Name(settings, token), Options(settings, null));

    /// <summary>With __Host- no other host of the domain can set it.</summary>
    private static string Name(Settings settings, string token)
    {
        var id = Convert.ToHexStringLower(
            SHA256.HashData(Encoding.UTF8.GetBytes("veza browser secret " + token)).AsSpan(0, NameBytes)
        );
        return $"{(IsSecure(settings) ? "__Host-" : "")}veza-oauth-{id}";
    }

    private static CookieOptions Options(Settings settings, TimeSpan? lifetime) =>
        new()
        {
            HttpOnly = true,
            SameSite = SameSiteMode.Lax,
            Secure = IsSecure(settings),
            Path = "/",
            MaxAge = lifetime,
            IsEssential = true,
        };

    private static bool IsSecure(Settings settings) => settings.PublicUrl.Scheme == Uri.UriSchemeHttps;
}
