using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Auth.Accounts;

/// <summary>
/// Forgets an account's wrong passwords and codes, so that its owner may try again at once. Unlocking what is not
/// locked is no error.
/// </summary>
internal sealed class UnlockAccount(SecretTries tries, PostgresSource postgres) : Slice<UnlockAccount.Request, Nothing>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/admin/users/{id}/lock");
        Group<AccountsGroup>();
        Description(route =>
            route
                .Requires(UsersManage)
                .Described(
                    "Unlock an account after too many wrong passwords",
                    Nothing.Value,
                    errors: UsersReads.UserNotFound
                )
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var (account, refused) = await LockedAccount.HoldFor(db, transaction, Caller, UsersManage, request.Id);
        if (account is null)
            return refused!;
        var wasLocked = await SecretTries.Unlock(
            db,
            transaction,
            account,
            Origin.Of(HttpContext),
            "admin",
            Caller.UserId
        );
        await transaction.CommitAsync(CancellationToken.None);
        await db.DisposeAsync();
        await tries.Forget(account);
        return Answer<Nothing>.Of(Nothing.Value, wasLocked ? "The account is unlocked" : "The account was not locked");
    }
}
