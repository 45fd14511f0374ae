using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Auth.Factors;

/// <summary>
/// Turns the second factor off: seed, recovery codes and trusted devices are forgotten together, and every other
/// session ends.
/// </summary>
internal sealed class RemoveTotp(PostgresSource postgres) : Slice<Nothing>
{
    public override void Configure()
    {
        Delete("/2fa/totp");
        Group<AuthGroup>();
        Description(route =>
            route
                .Requires(AccountSecure)
                .Fresh()
                .Described(
                    "Turn off the authenticator app",
                    Nothing.Value,
                    errors: [AuthErrors.SessionEnded, AuthErrors.TotpNotOn]
                )
        );
    }

    protected override async Task<Answer<Nothing>> Execute(CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        if (await LockedAccount.HoldOf(db, transaction, Caller) is { Error: { } over })
            return over;
        if (
            await db.ExecuteAsync(
                "delete from totp where account_id = @UserId and confirmed_at is not null",
                new { Caller.UserId },
                transaction
            ) == 0
        )
            return AuthErrors.TotpNotOn;
        await db.ExecuteAsync(
            "delete from recovery_code where account_id = @UserId",
            new { Caller.UserId },
            transaction
        );
        await TrustedDevices.ForgetAll(db, transaction, Caller.UserId);
        await Sessions.EndAll(db, transaction, Caller.UserId, "second_factor_disabled", Caller.SessionId);
        await Tickets.VoidSignIns(db, transaction, Caller.UserId);
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(AuditActions.TotpDisabled, Caller.UserId, Origin.Of(HttpContext), Caller.UserId)
        );
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<Nothing>.Of(Nothing.Value, "The second factor is off");
    }
}
