using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Veza.Infrastructure.Http;

namespace Veza.Features.Chat;

/// <summary>
/// A page on which people talk: enough to try rooms with two browsers, and an example of a client. It loads nothing
/// from anywhere, and runs its own script alone.
/// </summary>
internal sealed partial class ShowChatPage : ResultSlice
{
    private const string ResourceName = "chat.html";
    private static readonly byte[] Html = Read();
    private static readonly string ContentSecurityPolicy =
        $"default-src 'none'; script-src '{Hash(ScriptPattern())}'; style-src '{Hash(StylePattern())}'; "
        + "connect-src 'self'; img-src 'self' data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";

    public override void Configure()
    {
        Get("/chat");
        Description(route => route.Anonymous().ExcludeFromDescription());
    }

    protected override Task<IResult> Execute(CancellationToken ct)
    {
        HttpContext.Response.Headers.ContentSecurityPolicy = ContentSecurityPolicy;
        HttpContext.Response.Headers["Referrer-Policy"] = "no-referrer";
        HttpContext.Response.Headers.CacheControl = "no-cache";
        return Task.FromResult<IResult>(TypedResults.Bytes(Html, "text/html; charset=utf-8"));
    }

    private static byte[] Read()
    {
        using var resource = typeof(ShowChatPage).Assembly.GetManifestResourceStream(ResourceName)!;
        using var copy = new MemoryStream();
        resource.CopyTo(copy);
        return copy.ToArray();
    }

    private static string Hash(Regex part) =>
        "sha256-"
        + Convert.ToBase64String(
            SHA256.HashData(Encoding.UTF8.GetBytes(part.Match(Encoding.UTF8.GetString(Html)).Groups[1].Value))
        );

    [GeneratedRegex("<script>(.*?)</script>", RegexOptions.Singleline)]
    private static partial Regex ScriptPattern();

    [GeneratedRegex("<style>(.*?)</style>", RegexOptions.Singleline)]
    private static partial Regex StylePattern();
}
