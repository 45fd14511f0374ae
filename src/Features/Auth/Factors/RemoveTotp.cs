using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.Factors;

/// <summary>
/// Turns the second factor off: seed, recovery codes and trusted devices are forgotten together, and every other
/// session ends.
/// </summary>
internal static class RemoveTotp
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/auth/2fa/totp", Handle)
            .WithName("RemoveTotp")
            .Requires(Permissions.AccountSecure)
            .Fresh()
            .Documented(
                "Auth",
                "Turn off the authenticator app",
                Nothing.Value,
                errors: [AuthErrors.SessionEnded, AuthErrors.TotpNotOn]
            );

    private static async Task<Answer<Nothing>> Handle(
        Caller caller,
        PostgresSource postgres,
        HttpContext http,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        if (await LockedAccount.HoldOf(db, transaction, caller) is { Error: { } over })
            return over;
        if (
            await db.ExecuteAsync(
                "delete from totp where account_id = @UserId and confirmed_at is not null",
                new { caller.UserId },
                transaction
            ) == 0
        )
            return AuthErrors.TotpNotOn;
        await db.ExecuteAsync(
            "delete from recovery_code where account_id = @UserId",
            new { caller.UserId },
            transaction
        );
        await TrustedDevices.ForgetAll(db, transaction, caller.UserId);
        await Sessions.EndAll(db, transaction, caller.UserId, "second_factor_disabled", caller.SessionId);
        await Tickets.VoidSignIns(db, transaction, caller.UserId);
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(AuditActions.TotpDisabled, caller.UserId, Origin.Of(http), caller.UserId)
        );
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<Nothing>.Of(Nothing.Value, "The second factor is off");
    }
}
