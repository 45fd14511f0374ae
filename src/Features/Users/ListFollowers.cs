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
                .Described("Who follows a user", ListedPerson.Example, errors: [Errors.UserNotFound, Errors.Validation])
        );
    }

    public override async Task<Answer<ListedPerson[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        if (Seek.Read(request.Limit, request.Cursor, Seek.NewestFirst, out var seek) is { } refused)
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        ListedPerson[] people =
        [
            .. await db.QueryAsync<ListedPerson>(
                """
                select a.id, a.username, a.display_name, a.avatar_url, f.created_at as since
                  from follow f join account a on a.id = f.follower_id
                 where f.account_id = @id and (f.created_at, f.follower_id) < (@Moment, @afterId)
                   and not exists (select 1 from account_shy s where s.account_id = @callerId
                     and s.other_id = f.follower_id)
                   and not exists (select 1 from account_shy s where s.account_id = @callerId and s.other_id = @id)
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
                """
                select exists (select 1 from account a where a.id = @id and not
                  exists (select 1 from account_shy s where s.account_id = @callerId and s.other_id = a.id))
                """,
                new { id, callerId = CallerIfAny?.UserId }
            );
        if (!isKnown)
            return Errors.UserNotFound;
        return seek.Answer(people, person => person.Place);
    }
}
