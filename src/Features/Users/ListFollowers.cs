using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;

namespace Veza.Features.Users;

/// <summary>Who follows a user, newest first.</summary>
internal static class ListFollowers
{
    internal static void Endpoint(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/users/{id}/followers", Handle).WithName("ListFollowers").Anonymous()
        .Documented("Users", "Who follows a user", ListedPerson.Example, errors: [Errors.UserNotFound, Errors.Validation]);

    private static async Task<Answer<ListedPerson[]>> Handle(Guid id, int? limit, string? cursor, NpgsqlDataSource postgres, CancellationToken ct)
    {
        if (Seek.Read(limit, cursor, Seek.NewestFirst, out var seek) is { } refused) return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        ListedPerson[] people =
        [
            .. await db.QueryAsync<ListedPerson>("""
                select a.id, a.username, a.display_name, a.avatar_url, f.created_at as since
                  from follow f join account a on a.id = f.follower_id
                 where f.account_id = @id and (f.created_at, f.follower_id) < (@Moment, @afterId)
                 order by f.created_at desc, f.follower_id desc limit @Take
                """, new { id, seek.Moment, afterId = seek.Id, seek.Take }),
        ];
        if (people.Length == 0 && !await db.ExecuteScalarAsync<bool>("select exists (select 1 from account where id = @id)", new { id })) return Errors.UserNotFound;
        return seek.Answer(people, person => person.Place);
    }
}
