using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Auth;

/// <summary>
/// Ends sessions: this one, all others, or all. Their refresh tokens are dead at once, and access tokens, sockets and
/// stream URLs within two seconds on every node.
/// </summary>
internal sealed class Logout(RefreshTokens refreshTokens, PostgresSource postgres)
    : Slice<Logout.Request, Logout.Response>
{
    internal sealed record Request(string? RefreshToken, string? Scope);

    internal new sealed record Response(long SessionsEnded);

    public override void Configure()
    {
        Post("/logout");
        Group<AuthGroup>();
        Description(route =>
            route
                .Requires(AccountSecure)
                .Described(
                    "End this session, the others, or all",
                    new Response(1),
                    new Request(null, "current"),
                    errors: [Errors.Validation, AuthErrors.RefreshTokenInvalid]
                )
        );
    }

    public override async Task<Answer<Response>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var scope = request.Scope ?? "current";
        if (scope is not ("current" or "others" or "all"))
            return Errors.Validation.With(new FieldError("scope", "NOT_ALLOWED", "scope is current, others or all"));
        var current = Caller.SessionId;
        if (request.RefreshToken is { Length: > 0 } token)
        {
            if (refreshTokens.Read(token) is not { } given)
                return AuthErrors.RefreshTokenInvalid;
            current = given.SessionId;
        }

        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        // Held, so that a sign-in that is about to begin a session is seen by this, or comes after it.
        if (await LockedAccount.Hold(db, transaction, Caller.UserId) is null)
            return Errors.TokenInvalid;
        var ended = scope switch
        {
            "current" => await Sessions.End(db, transaction, Caller.UserId, current, "logout") ? 1 : 0,
            "others" => await Sessions.EndAll(db, transaction, Caller.UserId, "logout", except: current),
            _ => await Sessions.EndAll(db, transaction, Caller.UserId, "logout"),
        };
        if (ended > 0)
        {
            var action = scope == "current" ? AuditActions.SessionEnded : AuditActions.SessionsEnded;
            await AuditTrail.Write(
                db,
                transaction,
                new AuditEntry(
                    action,
                    Caller.UserId,
                    Origin.Of(HttpContext),
                    Caller.UserId,
                    $$"""{"scope":"{{scope}}","sessions":{{ended}}}"""
                )
            );
        }

        await transaction.CommitAsync(CancellationToken.None);
        return Answer<Response>.Of(new Response(ended), ended == 1 ? "Signed out" : $"{ended} sessions ended");
    }
}

[JsonSerializable(typeof(Logout.Request))]
[JsonSerializable(typeof(Envelope<Logout.Response>))]
internal sealed partial class LogoutJson : JsonSerializerContext;
