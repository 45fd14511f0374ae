using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Auth.Factors;

/// <summary>
/// Asks for the second factor on a device again. It takes nothing but trust away, so no step-up is wanted.
/// </summary>
internal sealed class ForgetTrustedDevice(PostgresSource postgres) : Slice<ForgetTrustedDevice.Request, Nothing>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/2fa/trusted-devices/{id}");
        Group<AuthGroup>();
        Description(route =>
            route
                .Requires(AccountSecure)
                .Described(
                    "Remove a trusted device",
                    Nothing.Value,
                    errors: [AuthErrors.SessionEnded, AuthErrors.TrustedDeviceNotFound]
                )
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        if (await LockedAccount.HoldOf(db, transaction, Caller) is { Error: { } over })
            return over;
        if (
            await db.ExecuteAsync(
                "delete from trusted_device where id = @id and account_id = @UserId",
                new { id, Caller.UserId },
                transaction
            ) == 0
        )
            return AuthErrors.TrustedDeviceNotFound;
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(AuditActions.TrustedDeviceForgotten, Caller.UserId, Origin.Of(HttpContext), Caller.UserId)
        );
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<Nothing>.Of(Nothing.Value, "The second factor is asked for there again");
    }
}
