using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Users.Avatars;

/// <summary>
/// Takes the caller's own avatar off, and its files out of storage. Taking off what is not there is no error.
/// </summary>
internal sealed class RemoveAvatar(PostgresSource postgres, StorageClaims claims) : Slice<Nothing>
{
    public override void Configure()
    {
        Delete("/me/avatar");
        Group<UsersGroup>();
        Description(route => route.Requires(AccountWrite).Described("Remove your avatar", Nothing.Value));
    }

    protected override async Task<Answer<Nothing>> Execute(CancellationToken ct)
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
                new { Caller.UserId },
                transaction
            );
            if (removed?.AvatarId is { } avatar)
                await StorageClaims.Forsake(db, transaction, Avatar.PrefixOf(Caller.UserId, avatar));
            await transaction.CommitAsync(CancellationToken.None);
        }

        if (removed?.AvatarId is { } gone)
            await claims.SweepNow(Avatar.PrefixOf(Caller.UserId, gone));
        return Answer<Nothing>.Of(Nothing.Value, "You have no avatar");
    }
}
