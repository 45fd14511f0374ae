using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>Removes a passkey: it signs in no more. The other ways in stay, and a link by mail is always one.</summary>
internal static class RemovePasskey
{
    internal static void Endpoint(IEndpointRouteBuilder routes) => routes.MapDelete("/api/v1/auth/passkeys/{id}", Handle).WithName("RemovePasskey").Requires(Permissions.AccountSecure).Fresh()
        .Documented("Auth", "Remove a passkey", Nothing.Value, errors: [Errors.PasskeyNotFound]);

    private static async Task<Answer<Nothing>> Handle(Guid id, Caller caller, NpgsqlDataSource postgres, HttpContext http, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        if (await db.ExecuteAsync("delete from passkey where id = @id and account_id = @UserId", new { id, caller.UserId }, transaction) == 0) return Errors.PasskeyNotFound;
        await AuditTrail.Write(db, transaction, new AuditEntry(AuditActions.PasskeyRemoved, caller.UserId, Origin.Of(http), caller.UserId, $$"""{"passkey":"{{id}}"}"""));
        await transaction.CommitAsync(ct);
        return Answer<Nothing>.Of(Nothing.Value, "The passkey is removed");
    }
}
