using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Users;

/// <summary>Follows a user no more. Stream URLs already given stay good until they expire.</summary>
internal sealed class UnfollowUser(PostgresSource postgres) : Slice<UnfollowUser.Request, Nothing>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/{id}/follow");
        Group<UsersGroup>();
        Description(route =>
            route.Requires(AccountWrite).Described("Unfollow a user", Nothing.Value, errors: UsersReads.UserNotFound)
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        // Written as an insert that always conflicts: an update would take the two rows in any order.
        var isKnown = await db.ExecuteScalarAsync<bool>(
            """
            with gone as (
              delete from follow where account_id = @id and follower_id = @UserId returning account_id, follower_id
            ), counted as (
              insert into audience as c (account_id, follower_count, following_count)
              select one.account_id, one.followers, one.following
                from (select account_id, -1, 0 from gone union all select follower_id, 0, -1
                  from gone) one (account_id, followers, following)
               order by one.account_id
              on conflict (account_id) do update
                set follower_count = c.follower_count + excluded.follower_count,
                following_count = c.following_count + excluded.following_count
            )
            select exists (select 1 from account where id = @id)
            """,
            new { id, Caller.UserId }
        );
        return isKnown ? Answer<Nothing>.Of(Nothing.Value, "You do not follow this user") : UsersReads.UserNotFound;
    }
}
