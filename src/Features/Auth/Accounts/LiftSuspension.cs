using Dapper;
using Veza.Features.Auth.Keys;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Auth.Accounts;

/// <summary>Lifts a suspension; the person signs in again. Lifting what is not there is no error.</summary>
internal sealed class LiftSuspension(PostgresSource postgres) : Slice<LiftSuspension.Request, Nothing>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/admin/users/{id}/suspension");
        Group<AccountsGroup>();
        Description(route =>
            route.Requires(UsersSuspend).Described("Lift a suspension", Nothing.Value, errors: UsersReads.UserNotFound)
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        if (await LockedAccount.HoldFor(db, transaction, Caller, UsersSuspend, id) is { Error: { } refused })
            return refused;
        var lifted = await db.ExecuteAsync(
            """
            update account set suspended_at = null, suspended_until = null, suspension_reason = null where id = @id
              and suspended_at is not null
            """,
            new { id },
            transaction
        );
        if (lifted == 1)
        {
            // Keys that were refused as suspended are read anew.
            await ApiKeys.Refresh(db, transaction, id);
            await AuditTrail.Write(
                db,
                transaction,
                new AuditEntry(AuditActions.SuspensionLifted, id, Origin.Of(HttpContext), Caller.UserId)
            );
        }

        await transaction.CommitAsync(CancellationToken.None);
        return Answer<Nothing>.Of(Nothing.Value, "The suspension is lifted");
    }
}
