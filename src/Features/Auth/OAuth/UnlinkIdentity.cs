using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.OAuth;

/// <summary>
/// Removes a link to an account elsewhere, unless nobody could sign in any more. The provider's tokens go with it;
/// sessions that it began live on.
/// </summary>
internal static class UnlinkIdentity
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/auth/identities/{id}", Handle)
            .WithName("UnlinkIdentity")
            .Requires(Permissions.AccountSecure)
            .Fresh()
            .Documented(
                "Auth",
                "Unlink an account at a provider",
                Nothing.Value,
                errors:
                [
                    AuthErrors.SessionEnded,
                    Errors.StepUpRequired,
                    AuthErrors.IdentityNotFound,
                    AuthErrors.LastWayIn,
                ]
            );

    private static async Task<Answer<Nothing>> Handle(
        Guid id,
        Caller caller,
        IdentityProviders providers,
        PostgresSource postgres,
        HttpContext http,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        // Ways in are removed one after the other: two at once would each count on the other's.
        if (await LockedAccount.HoldOf(db, transaction, caller) is { Error: { } over })
            return over;
        var names = new PgValue<string[]>(providers.Names);
        var provider = await db.ExecuteScalarAsync<string?>(
            """
            delete from identity
             where id = @id and account_id = @UserId
               and (exists (select 1 from account where id = @UserId and password_hash is not null)
                    or exists (select 1 from passkey where account_id = @UserId)
                    or exists (select 1 from identity other where other.account_id = @UserId and other.id <> @id
                      and other.provider = any(@names)))
            returning provider
            """,
            new
            {
                id,
                caller.UserId,
                names,
            },
            transaction
        );
        if (provider is null)
        {
            var isThere = await db.ExecuteScalarAsync<bool>(
                "select exists (select 1 from identity where id = @id and account_id = @UserId)",
                new { id, caller.UserId },
                transaction
            );
            return isThere ? AuthErrors.LastWayIn : AuthErrors.IdentityNotFound;
        }

        await Tickets.VoidSignIns(db, transaction, caller.UserId);
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(
                AuditActions.IdentityUnlinked,
                caller.UserId,
                Origin.Of(http),
                caller.UserId,
                $$"""{"provider":"{{provider}}"}"""
            )
        );
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<Nothing>.Of(Nothing.Value, "Unlinked");
    }
}
