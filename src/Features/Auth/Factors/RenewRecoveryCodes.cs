using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.Factors;

/// <summary>Gives ten new recovery codes; all earlier ones are void.</summary>
internal static class RenewRecoveryCodes
{
    internal sealed record Response(string[] RecoveryCodes) : INeverStored;

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/api/v1/auth/2fa/recovery-codes", Handle)
            .WithName("RenewRecoveryCodes")
            .Requires(Permissions.AccountSecure)
            .Fresh()
            .Documented(
                "Auth",
                "Create new recovery codes in place of all earlier ones",
                new Response(["4hk2p-9xwqz", "c7m3n-rt8v5"]),
                errors: [AuthErrors.SessionEnded, AuthErrors.TotpNotOn]
            );

    private static async Task<Answer<Response>> Handle(
        Caller caller,
        SecondFactor factor,
        PostgresSource postgres,
        HttpContext http,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);

        // One of two renewals comes after the other, so that ten codes are good and not twenty.
        if (await LockedAccount.HoldOf(db, transaction, caller) is { Error: { } over })
            return over;
        var on = await db.ExecuteScalarAsync<bool>(
            "select exists (select 1 from totp where account_id = @UserId and confirmed_at is not null)",
            new { caller.UserId },
            transaction
        );
        if (!on)
            return AuthErrors.TotpNotOn;
        var codes = await factor.RenewCodes(db, transaction, caller.UserId);
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(AuditActions.RecoveryCodesRenewed, caller.UserId, Origin.Of(http), caller.UserId)
        );
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<Response>.Of(new Response(codes), "Keep these codes: they are not shown again");
    }
}

[JsonSerializable(typeof(Envelope<RenewRecoveryCodes.Response>))]
internal sealed partial class RenewRecoveryCodesJson : JsonSerializerContext;
