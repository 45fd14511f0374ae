using Dapper;
using Veza.Features.Auth.OAuth;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.Passkeys;

/// <summary>Removes a passkey: it signs in no more. The last way into an account that has no password stays.</summary>
internal static class RemovePasskey
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/auth/passkeys/{id}", Handle)
            .WithName("RemovePasskey")
            .Requires(Permissions.AccountSecure)
            .Fresh()
            .Documented(
                "Auth",
                "Remove a passkey",
                Nothing.Value,
                errors: [AuthErrors.SessionEnded, AuthErrors.PasskeyNotFound, AuthErrors.LastWayIn]
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
        var removed = await db.ExecuteAsync(
            """
            delete from passkey
             where id = @id and account_id = @UserId
               and (exists (select 1 from account where id = @UserId and password_hash is not null)
                    or exists (select 1 from passkey other where other.account_id = @UserId and other.id <> @id)
                    or exists (select 1 from identity where account_id = @UserId and provider = any(@names)))
            """,
            new
            {
                id,
                caller.UserId,
                names,
            },
            transaction
        );
        if (removed == 0)
        {
            var isThere = await db.ExecuteScalarAsync<bool>(
                "select exists (select 1 from passkey where id = @id and account_id = @UserId)",
                new { id, caller.UserId },
                transaction
            );
            return isThere ? AuthErrors.LastWayIn : AuthErrors.PasskeyNotFound;
        }

        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(
                AuditActions.PasskeyRemoved,
                caller.UserId,
                Origin.Of(http),
                caller.UserId,
                $$"""{"passkey":"{{id}}"}"""
            )
        );
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<Nothing>.Of(Nothing.Value, "The passkey is removed");
    }
}
