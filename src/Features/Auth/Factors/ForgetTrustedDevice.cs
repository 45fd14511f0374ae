using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.Factors;

/// <summary>
/// Asks for the second factor on a device again. It takes nothing but trust away, so no step-up is wanted.
/// </summary>
internal static class ForgetTrustedDevice
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/auth/2fa/trusted-devices/{id}", Handle)
            .WithName("ForgetTrustedDevice")
            .Requires(Permissions.AccountSecure)
            .Documented(
                "Auth",
                "Remove a trusted device",
                Nothing.Value,
                errors: [AuthErrors.SessionEnded, AuthErrors.TrustedDeviceNotFound]
            );

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
        if (await LockedAccount.HoldOf(db, transaction, caller) is { Error: { } over })
            return over;
        if (
            await db.ExecuteAsync(
                "delete from trusted_device where id = @id and account_id = @UserId",
                new { id, caller.UserId },
                transaction
            ) == 0
        )
            return AuthErrors.TrustedDeviceNotFound;
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(AuditActions.TrustedDeviceForgotten, caller.UserId, Origin.Of(http), caller.UserId)
        );
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<Nothing>.Of(Nothing.Value, "The second factor is asked for there again");
    }
}
