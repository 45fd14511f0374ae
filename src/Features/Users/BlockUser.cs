using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Users;

/// <summary>
/// Blocks a user: from now on neither sees, reaches or hears of the other, and follows and support between them end,
/// both ways, for good. Whoever is blocked is not told. Blocking twice changes nothing; the caller may block who blocks
/// them already.
/// </summary>
internal sealed class BlockUser(PostgresSource postgres) : Slice<BlockUser.Request, Nothing>
{
    internal sealed record Request(Guid Id);

    internal sealed record Row(bool IsKnown, bool Blocks);

    public override void Configure()
    {
        Put("/{id}/block");
        Group<UsersGroup>();
        Description(route =>
            route
                .Requires(AccountWrite)
                .Described(
                    "Block a user",
                    Nothing.Value,
                    errors: [UsersReads.UserNotFound, UsersReads.OwnAccount, UsersErrors.TooManyBlocks]
                )
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        if (id == Caller.UserId)
            return UsersReads.OwnAccount;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        await PeoplePair.Hold(db, transaction, id, Caller.UserId);
        await Turn.Take(db, transaction, "account_block", Caller.UserId);
        // Counts are written in the order of the accounts, as everywhere, or two statements would wait for one another.
        var row = await db.QuerySingleAsync<Row>(
            """
            with made as (
              insert into account_block (blocker_id, blocked_id)
              select @UserId, a.id from account a
               where a.id = @id and (select count(*)
                 from (select 1 from account_block where blocker_id = @UserId limit @BlocksMax) had) < @BlocksMax
              on conflict do nothing
              returning blocked_id
            ), unfollowed as (
              delete from follow where (account_id, follower_id) in ((@id, @UserId), (@UserId, @id))
                returning account_id, follower_id
            ), unsupported as (
              delete from supporter where (account_id, supporter_id) in ((@id, @UserId), (@UserId, @id))
                returning account_id
            ), counted as (
              insert into audience as c (account_id, follower_count, following_count, supporter_count)
              select one.account_id, sum(one.followers), sum(one.following), sum(one.supporters)
                from (select account_id, -1, 0, 0 from unfollowed union all select follower_id, 0, -1, 0 from unfollowed
                  union all select account_id, 0, 0, -1 from unsupported)
                     one (account_id, followers, following, supporters)
               group by one.account_id order by one.account_id
              on conflict (account_id) do update
                set follower_count = c.follower_count + excluded.follower_count,
                following_count = c.following_count + excluded.following_count,
                supporter_count = c.supporter_count + excluded.supporter_count
            )
            select exists (select 1 from account where id = @id) as is_known,
                   exists (select 1 from made) or
                     exists (select 1 from account_block where blocker_id = @UserId and blocked_id = @id) as blocks
            """,
            new
            {
                id,
                Caller.UserId,
                BlocksMax = (long)UsersLimits.BlocksMax,
            },
            transaction
        );
        if (!row.IsKnown)
            return UsersReads.UserNotFound;
        if (!row.Blocks)
            return UsersErrors.TooManyBlocks;
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<Nothing>.Of(Nothing.Value, "You block this user");
    }
}
