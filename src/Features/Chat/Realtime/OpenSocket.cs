using Veza.Features.Chat.Messages;
using Veza.Features.Chat.Presence;
using Veza.Features.Chat.Rooms;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Health;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Realtime;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Chat.Realtime;

/// <summary>
/// The socket of the contract: subprotocol veza.chat.v1, signed in by the Authorization header or, from a browser, by a
/// second subprotocol bearer.JWT.
/// </summary>
internal sealed class OpenSocket(
    Settings settings,
    AccessTokens tokens,
    Revocations revocations,
    SocketWatch watch,
    TimeProvider clock,
    RoomFeeds feeds,
    MessagePosts posts,
    RoomAccess access,
    MessageActs acts,
    Typing typing,
    PresenceLoop presence,
    PresenceActs presenceActs,
    ILogger<ChatConnection> log
) : ResultSlice
{
    private const string Protocol = "veza.chat.v1",
        BearerPrefix = "bearer.";
    private const int ReconnectMinMs = 500,
        ReconnectSpreadMs = 4500;

    /// <summary>A day: for who comes with an API key that never expires.</summary>
    private const int SecondsMax = 24 * 3600;

    public override void Configure()
    {
        Get("/ws");
        Group<ChatGroup>();
        Description(route =>
            route
                .Anonymous(seesMoreWith: ChatRead)
                .Described(
                    "Open the chat socket",
                    status: StatusCodes.Status101SwitchingProtocols,
                    errors:
                    [
                        Errors.UpgradeRequired,
                        ChatErrors.SubprotocolMissing,
                        Errors.Unauthenticated,
                        Errors.TokenExpired,
                        ChatErrors.OriginRefused,
                        Errors.TooManySockets,
                        Errors.SocketsFull,
                    ]
                )
        );
    }

    /// <summary>
    /// Who looks after all sockets. At a restart each hears a jittered hint, so that the next process is not met by
    /// everybody at once.
    /// </summary>
    internal static void AddWatch(IServiceCollection services) =>
        services
            .AddSingleton(s => new SocketWatch(
                s.GetRequiredService<Settings>(),
                s.GetRequiredService<Readiness>(),
                s.GetRequiredService<IHostApplicationLifetime>(),
                s.GetRequiredService<TimeProvider>(),
                s.GetRequiredService<ILogger<SocketWatch>>(),
                () =>
                    Frames.Notice(
                        "RESTARTING",
                        "This server restarts; reconnect and resume",
                        ReconnectMinMs + Random.Shared.Next(ReconnectSpreadMs)
                    )
            ))
            .AddHostedService(s => s.GetRequiredService<SocketWatch>());

    protected override async Task<IResult> Execute(CancellationToken ct)
    {
        FairSlots.Slot? taken = null;
        if (
            (Refuse(HttpContext, settings, tokens, out var caller) ?? watch.Enter(caller!.UserId, out taken)) is
            { } refused
        )
            return refused;

        using var place = taken;
        var left = caller!.ExpiresAt - clock.GetUtcNow().UtcDateTime;
        var stream = await SocketHandshake.Accept(HttpContext, Protocol);
        using var connection = watch.Open(
            HttpContext,
            caller.UserId,
            TimeSpan.FromSeconds(Math.Clamp(left.TotalSeconds, 0, SecondsMax))
        );
        using var revoked = revocations.OnRevoked(
            caller.SessionId,
            caller.Epoch,
            () => connection.Close(CloseCodes.TokenExpired, "token revoked")
        );
        var reader = new FrameReader(stream, connection, ChatLimits.FrameBytesMax, clock);
        await using var chat = new ChatConnection(
            connection,
            reader,
            caller,
            feeds,
            posts,
            access,
            acts,
            typing,
            presence,
            presenceActs,
            clock,
            log
        );
        await Serve(chat, connection, reader);
        return Results.Empty;
    }

    /// <summary>To the end of what comes in; then what is queued leaves, and a goodbye.</summary>
    private static async Task Serve(ChatConnection chat, SocketConnection connection, FrameReader reader)
    {
        try
        {
            await chat.ReceiveLoop();
            // Normal closure, unless somebody gave another reason before.
            connection.Close(CloseCodes.Normal, "");
        }
        finally
        {
            // Nothing happens when it is closing already: only a fault of ours comes here without.
            connection.Close(CloseCodes.InternalError, "internal error");
            await connection.Finish();
            reader.Close();
        }
    }

    private static Error? Refuse(HttpContext http, Settings settings, AccessTokens tokens, out Caller? caller)
    {
        caller = http.Features.Get<Caller>();
        if (caller?.May(ChatRead) == false)
            return Errors.ScopeMissing;
        if (SocketHandshake.Refuse(http.Request) is { } unsound)
            return unsound;
        var protocols = SocketHandshake.Protocols(http.Request);
        if (!protocols.Contains(Protocol))
            return ChatErrors.SubprotocolMissing;
        var origin = http.Request.Headers.Origin.ToString();
        var ours = settings.PublicUrl.GetLeftPart(UriPartial.Authority);
        if (
            origin.Length > 0
            && origin != ours
            && !settings.Http.Origins.Contains(origin, StringComparer.OrdinalIgnoreCase)
        )
            return ChatErrors.OriginRefused;
        if (caller is not null)
            return null;
        return protocols.FirstOrDefault(p => p.StartsWith(BearerPrefix, StringComparison.Ordinal)) is { } bearer
            ? tokens.Read(bearer[BearerPrefix.Length..], out caller)
            : Errors.Unauthenticated;
    }
}
