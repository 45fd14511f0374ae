using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Users.Avatars;

/// <summary>
/// Takes the caller's own avatar off, and its files out of storage. Taking off what is not there is no error.
/// </summary>
internal static class RemoveAvatar
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/users/me/avatar", Handle)
            .WithName("RemoveAvatar")
            .Requires(Permissions.AccountWrite)
            .Documented("Users", "Remove your avatar", Nothing.Value);

    private static async Task<Answer<Nothing>> Handle(
        Caller caller,
        PostgresSource postgres,
        StorageClaims claims,
        CancellationToken ct
    )
    {
        Avatar.Replaced? removed;
        await using (var db = await postgres.OpenConnectionAsync(ct))
        {
            await using var transaction = await db.BeginTransactionAsync(ct);
            removed = await db.QuerySingleOrDefaultAsync<Avatar.Replaced>(
                """
                with before as (select id, avatar_id from account where id = @UserId
                  and avatar_id is not null for no key update)
                update account set avatar_id = null, avatar_bytes = null, avatar_url = null, updated_at = now()
                  from before where account.id = before.id returning before.avatar_id
                """,
                new { caller.UserId },
                transaction
            );
            if (removed?.AvatarId is { } avatar)
                await StorageClaims.Forsake(db, transaction, Avatar.PrefixOf(caller.UserId, avatar));
            await transaction.CommitAsync(CancellationToken.None);
        }

        if (removed?.AvatarId is { } gone)
            await claims.SweepNow(Avatar.PrefixOf(caller.UserId, gone));
        return Answer<Nothing>.Of(Nothing.Value, "You have no avatar");
    }
}
