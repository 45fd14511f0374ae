using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Auth;

/// <summary>
/// Ends one of the caller's sessions, on another device say: within two seconds nothing of it is taken any more.
/// </summary>
internal sealed class EndSession(PostgresSource postgres) : Slice<EndSession.Request, Nothing>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/sessions/{id}");
        Group<AuthGroup>();
        Description(route =>
            route
                .Requires(AccountSecure)
                .Described("End one of your sessions", Nothing.Value, errors: AuthErrors.SessionNotFound)
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        if (await LockedAccount.Hold(db, transaction, Caller.UserId) is null)
            return Errors.TokenInvalid;
        if (!await Sessions.End(db, transaction, Caller.UserId, request.Id, "ended_by_owner"))
            return AuthErrors.SessionNotFound;
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(
                AuditActions.SessionEnded,
                Caller.UserId,
                Origin.Of(HttpContext),
                Caller.UserId,
                $$"""{"session":"{{request.Id}}"}"""
            )
        );
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<Nothing>.Of(Nothing.Value, "The session has ended");
    }
}
