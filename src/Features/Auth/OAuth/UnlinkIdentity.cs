using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Auth.OAuth;

/// <summary>
/// Removes a link to an account elsewhere, unless nobody could sign in any more. The provider's tokens go with it;
/// sessions that it began live on.
/// </summary>
internal sealed class UnlinkIdentity(IdentityProviders providers, PostgresSource postgres)
    : Slice<UnlinkIdentity.Request, Nothing>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/identities/{id}");
        Group<AuthGroup>();
        Description(route =>
            route
                .Requires(AccountSecure)
                .Fresh()
                .Described(
                    "Unlink an account at a provider",
                    Nothing.Value,
                    errors:
                    [
                        AuthErrors.SessionEnded,
                        Errors.StepUpRequired,
                        AuthErrors.IdentityNotFound,
                        AuthErrors.LastWayIn,
                    ]
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
                Caller.UserId,
                names,
            },
            transaction
        );
        if (provider is null)
        {
            var isThere = await db.ExecuteScalarAsync<bool>(
                "select exists (select 1 from identity where id = @id and account_id = @UserId)",
                new { id, Caller.UserId },
                transaction
            );
            return isThere ? AuthErrors.LastWayIn : AuthErrors.IdentityNotFound;
        }

        await Tickets.VoidSignIns(db, transaction, Caller.UserId);
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(
                AuditActions.IdentityUnlinked,
                Caller.UserId,
                Origin.Of(HttpContext),
                Caller.UserId,
                $$"""{"provider":"{{provider}}"}"""
            )
        );
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<Nothing>.Of(Nothing.Value, "Unlinked");
    }
}
