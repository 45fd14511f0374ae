using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Users;

/// <summary>
/// Ends the caller's own block. What it ended does not come back, and the other's block of the caller stays.
/// </summary>
internal sealed class UnblockUser(PostgresSource postgres) : Slice<UnblockUser.Request, Nothing>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/{id}/block");
        Group<UsersGroup>();
        Description(route =>
            route.Requires(AccountWrite).Described("Unblock a user", Nothing.Value, errors: UsersReads.UserNotFound)
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var isKnown = await db.ExecuteScalarAsync<bool>(
            """
            with gone as (delete from account_block where blocker_id = @UserId and blocked_id = @id)
            select exists (select 1 from account where id = @id)
            """,
            new { id, Caller.UserId }
        );
        return isKnown ? Answer<Nothing>.Of(Nothing.Value, "You do not block this user") : UsersReads.UserNotFound;
    }
}
