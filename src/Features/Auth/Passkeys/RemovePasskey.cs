using Dapper;
using Veza.Features.Auth.OAuth;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Auth.Passkeys;

/// <summary>Removes a passkey: it signs in no more. The last way into an account that has no password stays.</summary>
internal sealed class RemovePasskey(IdentityProviders providers, PostgresSource postgres)
    : Slice<RemovePasskey.Request, Nothing>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/passkeys/{id}");
        Group<AuthGroup>();
        Description(route =>
            route
                .Requires(AccountSecure)
                .Fresh()
                .Described(
                    "Remove a passkey",
                    Nothing.Value,
                    errors: [AuthErrors.SessionEnded, AuthErrors.PasskeyNotFound, AuthErrors.LastWayIn]
                )
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        // Ways in are removed one after the other: two at once would each count on the other's.
        if (await LockedAccount.HoldOf(db, transaction, Caller) is { Error: { } over })
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
                Caller.UserId,
                names,
            },
            transaction
        );
        if (removed == 0)
        {
            var isThere = await db.ExecuteScalarAsync<bool>(
                "select exists (select 1 from passkey where id = @id and account_id = @UserId)",
                new { id, Caller.UserId },
                transaction
            );
            return isThere ? AuthErrors.LastWayIn : AuthErrors.PasskeyNotFound;
        }

        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(
                AuditActions.PasskeyRemoved,
                Caller.UserId,
                Origin.Of(HttpContext),
                Caller.UserId,
                $$"""{"passkey":"{{id}}"}"""
            )
        );
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<Nothing>.Of(Nothing.Value, "The passkey is removed");
    }
}
