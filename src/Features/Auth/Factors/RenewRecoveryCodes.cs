using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Auth.Factors;

/// <summary>Gives ten new recovery codes; all earlier ones are void.</summary>
internal sealed class RenewRecoveryCodes(SecondFactor factor, PostgresSource postgres)
    : Slice<RenewRecoveryCodes.Response>
{
    internal new sealed record Response(string[] RecoveryCodes) : INeverStored;

    public override void Configure()
    {
        Post("/2fa/recovery-codes");
        Group<AuthGroup>();
        Description(route =>
            route
                .Requires(AccountSecure)
                .Fresh()
                .Described(
                    "Create new recovery codes in place of all earlier ones",
                    new Response(["4hk2p-9xwqz", "c7m3n-rt8v5"]),
                    errors: [AuthErrors.SessionEnded, AuthErrors.TotpNotOn]
                )
        );
    }

    protected override async Task<Answer<Response>> Execute(CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);

        // One of two renewals comes after the other, so that ten codes are good and not twenty.
        if (await LockedAccount.HoldOf(db, transaction, Caller) is { Error: { } over })
            return over;
        var on = await db.ExecuteScalarAsync<bool>(
            "select exists (select 1 from totp where account_id = @UserId and confirmed_at is not null)",
            new { Caller.UserId },
            transaction
        );
        if (!on)
            return AuthErrors.TotpNotOn;
        var codes = await factor.RenewCodes(db, transaction, Caller.UserId);
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(AuditActions.RecoveryCodesRenewed, Caller.UserId, Origin.Of(HttpContext), Caller.UserId)
        );
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<Response>.Of(new Response(codes), "Keep these codes: they are not shown again");
    }
}

[JsonSerializable(typeof(Envelope<RenewRecoveryCodes.Response>))]
internal sealed partial class RenewRecoveryCodesJson : JsonSerializerContext;
