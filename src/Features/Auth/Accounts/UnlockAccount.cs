using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Auth.Accounts;

/// <summary>
/// Forgets an account's wrong passwords and codes, so that its owner may try again at once. Unlocking what is not
/// locked is no error.
/// </summary>
internal static class UnlockAccount
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/admin/users/{id}/lock", Handle)
            .WithName("UnlockAccount")
            .Requires(Permissions.UsersManage)
            .Documented(
                "Admin",
                "Unlock an account after too many wrong passwords",
                Nothing.Value,
                errors: UsersReads.UserNotFound
            );

    private static async Task<Answer<Nothing>> Handle(
        Guid id,
        Caller caller,
        SecretTries tries,
        PostgresSource postgres,
        HttpContext http,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var (account, refused) = await LockedAccount.HoldFor(db, transaction, caller, Permissions.UsersManage, id);
        if (account is null)
            return refused!;
        var wasLocked = await SecretTries.Unlock(db, transaction, account, Origin.Of(http), "admin", caller.UserId);
        await transaction.CommitAsync(CancellationToken.None);
        await db.DisposeAsync();
        await tries.Forget(account);
        return Answer<Nothing>.Of(Nothing.Value, wasLocked ? "The account is unlocked" : "The account was not locked");
    }
}
