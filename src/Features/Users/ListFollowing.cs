using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Users;

/// <summary>Whom a user follows, newest first.</summary>
internal static class ListFollowing
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/users/{id}/following", Handle)
            .WithName("ListFollowing")
            .Anonymous(seesMoreWith: Permissions.AccountRead)
            .Documented(
                "Users",
                "Whom a user follows",
                ListedPerson.Example,
                errors: [Errors.UserNotFound, Errors.Validation]
            );

    private static async Task<Answer<ListedPerson[]>> Handle(
        Guid id,
        int? limit,
        string? cursor,
        Caller? caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        if (Seek.Read(limit, cursor, Seek.NewestFirst, out var seek) is { } refused)
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        ListedPerson[] people =
        [
            .. await db.QueryAsync<ListedPerson>(
                """
                select a.id, a.username, a.display_name, a.avatar_url, f.created_at as since
                  from follow f join account a on a.id = f.account_id
                 where f.follower_id = @id and (f.created_at, f.account_id) < (@Moment, @afterId)
                   and not exists (select 1 from account_shy s where s.account_id = @callerId
                     and s.other_id = f.account_id)
                   and not exists (select 1 from account_shy s where s.account_id = @callerId and s.other_id = @id)
                 order by f.created_at desc, f.account_id desc limit @Take
                """,
                new
                {
                    id,
                    callerId = caller?.UserId,
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
                new { id, callerId = caller?.UserId }
            );
        if (!isKnown)
            return Errors.UserNotFound;
        return seek.Answer(people, person => person.Place);
    }
}
