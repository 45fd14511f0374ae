using System.Net.WebSockets;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Realtime;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat;

/// <summary>The socket of the contract: subprotocol veza.chat.v1, signed in by the Authorization header or, from a browser, by a second subprotocol bearer.JWT.</summary>
internal static class OpenSocket
{
    private const string Protocol = "veza.chat.v1", BearerPrefix = "bearer.";
    private const int ReconnectMinMs = 500, ReconnectSpreadMs = 4500;

    /// <summary>A day: for who comes with an API key that never expires.</summary>
    private const int SecondsMax = 24 * 3600;

    internal static void Endpoint(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/chat/ws", Handle).WithName("OpenSocket").Anonymous(seesMoreWith: Permissions.ChatRead)
        .Documented("Chat", "The chat socket; docs/API.md has its frames", status: StatusCodes.Status101SwitchingProtocols,
            errors: [Errors.UpgradeRequired, Errors.SubprotocolMissing, Errors.Unauthenticated, Errors.TokenExpired, Errors.OriginRefused]);

    private static async Task Handle(
        HttpContext http, Settings settings, AccessTokens tokens, Revocations revocations,
        RoomFeeds feeds, MessageLog messages, RoomAccess access, IHostApplicationLifetime lifetime, TimeProvider clock)
    {
        if (Refuse(http, settings, tokens, out var caller) is { } refused)
        {
            await ErrorWriter.Write(http, refused);
            return;
        }

        using var socket = await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { SubProtocol = Protocol });
        using var connection = new SocketConnection(socket);
        var left = caller!.ExpiresAt - clock.GetUtcNow().UtcDateTime;
        await using var expiry = clock.CreateTimer(_ => connection.Close(CloseCodes.TokenExpired, "token expired"), null,
            TimeSpan.FromSeconds(Math.Clamp(left.TotalSeconds, 0, SecondsMax)), Timeout.InfiniteTimeSpan);
        using var revoked = revocations.OnRevoked(caller.SessionId, caller.Epoch, () => connection.Close(CloseCodes.TokenExpired, "token revoked"));
        await using var draining = lifetime.ApplicationStopping.Register(() => Drain(connection));
        await Serve(new ChatConnection(connection, new FrameReader(socket, ChatModule.FrameBytesMax), caller, feeds, messages, access), connection);
    }

    private static async Task Serve(ChatConnection chat, SocketConnection connection)
    {
        await using var _ = chat;
        var sending = connection.SendLoop();
        var receiving = chat.ReceiveLoop();
        await Task.WhenAny(sending, receiving);
        // Normal closure, unless somebody gave another reason before.
        connection.Close((int)WebSocketCloseStatus.NormalClosure, "");
        await sending;
        using var patience = new CancellationTokenSource(SocketConnection.CloseMax);
        await using var cut = patience.Token.Register(connection.Abort);
        try
        {
            await receiving;
        }
        catch (Exception e) when (e is WebSocketException or IOException or OperationCanceledException)
        {
            // The other side is gone, or did not answer our goodbye: either way it ends here.
        }
    }

    /// <summary>The hint is jittered, so that a restarted node is not met by everybody at once.</summary>
    private static void Drain(SocketConnection connection)
    {
        connection.Send(Frames.Notice("RESTARTING", "This server restarts; reconnect and resume", ReconnectMinMs + Random.Shared.Next(ReconnectSpreadMs)));
        connection.Close(CloseCodes.Restarting, "restarting");
    }

    private static Error? Refuse(HttpContext http, Settings settings, AccessTokens tokens, out Caller? caller)
    {
        caller = http.Features.Get<Caller>();
        if (caller?.May(Permissions.ChatRead) == false) return Errors.ScopeMissing;
        if (!http.WebSockets.IsWebSocketRequest) return Errors.UpgradeRequired;
        if (!http.WebSockets.WebSocketRequestedProtocols.Contains(Protocol)) return Errors.SubprotocolMissing;
        var origin = http.Request.Headers.Origin.ToString();
        var ours = settings.PublicUrl.GetLeftPart(UriPartial.Authority);
        if (origin.Length > 0 && origin != ours && !settings.Http.Origins.Contains(origin, StringComparer.OrdinalIgnoreCase)) return Errors.OriginRefused;
        if (caller is not null) return null;
        return http.WebSockets.WebSocketRequestedProtocols.FirstOrDefault(p => p.StartsWith(BearerPrefix, StringComparison.Ordinal)) is { } bearer
            ? tokens.Read(bearer[BearerPrefix.Length..], out caller)
            : Errors.Unauthenticated;
    }
}
