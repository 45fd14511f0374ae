using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Users;

/// <summary>
/// Follows a user, who is not asked. Following twice changes nothing; where one of the two blocks the other, the other
/// does not exist.
/// </summary>
internal sealed class FollowUser(PostgresSource postgres) : Slice<FollowUser.Request, Nothing>
{
    internal sealed record Request(Guid Id);

    internal sealed record Row(bool IsKnown, bool Follows);

    public override void Configure()
    {
        Put("/{id}/follow");
        Group<UsersGroup>();
        Description(route =>
            route
                .Requires(AccountWrite)
                .Described(
                    "Follow a user",
                    Nothing.Value,
                    errors: [UsersReads.UserNotFound, UsersReads.OwnAccount, UsersErrors.TooManyFollows]
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
        await Turn.Take(db, transaction, "follow", Caller.UserId);
        // Two who follow each other at once count in the same order, or they would wait for one another.
        var row = await db.QuerySingleAsync<Row>(
            $"""
            with made as (
              insert into follow (account_id, follower_id)
              select a.id, @UserId from account a
               where a.id = @id and a.id not in ({UsersReads.BlockedBy} @UserId)
                 and coalesce((select following_count from audience where account_id = @UserId), 0) < @FollowingMax
              on conflict do nothing
              returning account_id, follower_id
            ), counted as (
              insert into audience as c (account_id, follower_count, following_count)
              select one.account_id, one.followers, one.following
                from (select account_id, 1, 0 from made union all select follower_id, 0, 1
                  from made) one (account_id, followers, following)
               order by one.account_id
              on conflict (account_id) do update
                set follower_count = c.follower_count + excluded.follower_count,
                following_count = c.following_count + excluded.following_count
            )
            select exists (select 1 from account a where a.id = @id
              and a.id not in ({UsersReads.BlockedBy} @UserId)) as is_known,
                   exists (select 1 from made) or
                     exists (select 1 from follow where account_id = @id and follower_id = @UserId) as follows
            """,
            new
            {
                id,
                Caller.UserId,
                FollowingMax = (long)UsersLimits.FollowingMax,
            },
            transaction
        );
        await transaction.CommitAsync(CancellationToken.None);
        if (!row.IsKnown)
            return UsersReads.UserNotFound;
        return row.Follows ? Answer<Nothing>.Of(Nothing.Value, "You follow this user") : UsersErrors.TooManyFollows;
    }
}
