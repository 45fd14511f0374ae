using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Users;

/// <summary>Who follows a user, newest first.</summary>
[HotRead]
internal sealed class ListFollowers(PostgresSource postgres) : Slice<ListFollowers.Request, ListedPerson[]>
{
    internal sealed record Request(Guid Id, int? Limit, string? Cursor);

    public override void Configure()
    {
        Get("/{id}/followers");
        Group<UsersGroup>();
        Description(route =>
            route
                .Anonymous(seesMoreWith: AccountRead)
                .Described(
                    "List a user's followers",
                    ListedPerson.Example,
                    errors: [UsersReads.UserNotFound, Errors.Validation]
                )
        );
    }

    public override async Task<Answer<ListedPerson[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        if (CursorPage.Read(request.Limit, request.Cursor, CursorPage.NewestFirst, out var seek) is { } refused)
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        ListedPerson[] people =
        [
            .. await db.QueryAsync<ListedPerson>(
                $"""
                select a.id, a.username, a.display_name, a.avatar_url, f.created_at as since
                  from follow f join account a on a.id = f.follower_id
                 where f.account_id = @id and (f.created_at, f.follower_id) < (@Moment, @afterId)
                   and f.follower_id not in ({UsersReads.BlockedBy} @callerId)
                   and @id not in ({UsersReads.BlockedBy} @callerId)
                 order by f.created_at desc, f.follower_id desc limit @Take
                """,
                new
                {
                    id,
                    callerId = CallerIfAny?.UserId,
                    seek.Moment,
                    afterId = seek.Id,
                    seek.Take,
                }
            ),
        ];
        var isKnown =
            people.Length > 0
            || await db.ExecuteScalarAsync<bool>(
                $"""
                select exists (select 1 from account a where a.id = @id
                  and a.id not in ({UsersReads.BlockedBy} @callerId))
                """,
                new { id, callerId = CallerIfAny?.UserId }
            );
        if (!isKnown)
            return UsersReads.UserNotFound;
        return seek.Answer(people, person => person.Place);
    }
}
