using Dapper;
using Veza.Features.Auth.Keys;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Auth.Accounts;

/// <summary>Lifts a suspension; the person signs in again. Lifting what is not there is no error.</summary>
internal static class LiftSuspension
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/admin/users/{id}/suspension", Handle)
            .WithName("LiftSuspension")
            .Requires(Permissions.UsersSuspend)
            .Documented("Admin", "Lift a suspension", Nothing.Value, errors: UsersReads.UserNotFound);

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
        if (
            await LockedAccount.HoldFor(db, transaction, caller, Permissions.UsersSuspend, id) is { Error: { } refused }
        )
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
                new AuditEntry(AuditActions.SuspensionLifted, id, Origin.Of(http), caller.UserId)
            );
        }

        await transaction.CommitAsync(CancellationToken.None);
        return Answer<Nothing>.Of(Nothing.Value, "The suspension is lifted");
    }
}
