using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Veza.Infrastructure.Http;

namespace Veza.Infrastructure.Realtime;

/// <summary>
/// The opening of a WebSocket, RFC 6455 section 4.2, over HTTP/1.1. HTTP/2 is not spoken here without TLS, and TLS ends
/// before this server.
/// </summary>
internal static class SocketHandshake
{
    private const string Magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11",
        Version = "13";
    private const int KeyBytes = 16,
        KeyChars = 24;

    internal static bool IsAsked(HttpRequest request) =>
        request.HttpContext.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true }
        && HttpMethods.IsGet(request.Method)
        && request.Headers.GetCommaSeparatedValues("Upgrade").Contains("websocket", StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether it is asked for as the standard wants; says with a 426 what this server speaks.</summary>
    internal static Error? Refuse(HttpRequest request)
    {
        if (!IsAsked(request) || request.Headers.SecWebSocketVersion != Version)
        {
            request.HttpContext.Response.Headers.Upgrade = "websocket";
            request.HttpContext.Response.Headers.SecWebSocketVersion = Version;
            return Errors.UpgradeRequired;
        }

        Span<byte> key = stackalloc byte[KeyChars];
        var text = request.Headers.SecWebSocketKey.ToString();
        var isSound =
            text.Length == KeyChars && Convert.TryFromBase64String(text, key, out var keyBytes) && keyBytes == KeyBytes;
        return isSound ? null : Errors.BadRequest.Saying("Sec-WebSocket-Key is 16 bytes in base64");
    }

    internal static string[] Protocols(HttpRequest request) =>
        request.Headers.GetCommaSeparatedValues("Sec-WebSocket-Protocol");

    /// <summary>Switches protocols: from here on the stream is the connection itself, both ways.</summary>
    internal static Task<Stream> Accept(HttpContext http, string protocol)
    {
        // A connection that takes nothing is watched by us, who know a close code for it.
        if (http.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        var headers = http.Response.Headers;
        headers.Upgrade = "websocket";
        headers.Connection = "Upgrade";
        headers.SecWebSocketProtocol = protocol;
#pragma warning disable CA5350 // The standard wants SHA-1, and nothing is kept secret by it.
        headers.SecWebSocketAccept = Convert.ToBase64String(
            SHA1.HashData(Encoding.ASCII.GetBytes(http.Request.Headers.SecWebSocketKey + Magic))
        );
#pragma warning restore CA5350
        return http.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
    }
}
