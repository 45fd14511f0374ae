using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>
/// Ends one of the caller's sessions, on another device say: within two seconds nothing of it is taken any more.
/// </summary>
internal static class EndSession
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/auth/sessions/{id}", Handle)
            .WithName("EndSession")
            .Requires(Permissions.AccountSecure)
            .Documented("Auth", "End one of your sessions", Nothing.Value, errors: AuthErrors.SessionNotFound);

    private static async Task<Answer<Nothing>> Handle(
        Guid id,
        Caller caller,
        PostgresSource postgres,
        HttpContext http,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        if (await LockedAccount.Hold(db, transaction, caller.UserId) is null)
            return Errors.TokenInvalid;
        if (!await Sessions.End(db, transaction, caller.UserId, id, "ended_by_owner"))
            return AuthErrors.SessionNotFound;
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(
                AuditActions.SessionEnded,
                caller.UserId,
                Origin.Of(http),
                caller.UserId,
                $$"""{"session":"{{id}}"}"""
            )
        );
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<Nothing>.Of(Nothing.Value, "The session has ended");
    }
}
