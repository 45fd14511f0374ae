using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Users;

/// <summary>Whom one blocks, newest first; nobody else sees it. The only place that still shows who they are.</summary>
internal static class ListBlocks
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/users/me/blocks", Handle)
            .WithName("ListBlocks")
            .Requires(Permissions.AccountRead)
            .Documented("Users", "Whom one blocks", ListedPerson.Example, errors: [Errors.Validation]);

    private static async Task<Answer<ListedPerson[]>> Handle(
        int? limit,
        string? cursor,
        Caller caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        if (Seek.Read(limit, cursor, Seek.NewestFirst, out var seek) is { } refused)
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<ListedPerson>(
            """
            select a.id, a.username, a.display_name, a.avatar_url, b.created_at as since
              from account_block b join account a on a.id = b.blocked_id
             where b.blocker_id = @UserId and (b.created_at, b.blocked_id) < (@Moment, @Id)
             order by b.created_at desc, b.blocked_id desc limit @Take
            """,
            new
            {
                caller.UserId,
                seek.Moment,
                seek.Id,
                seek.Take,
            }
        );
        return seek.Answer<ListedPerson>([.. rows], person => person.Place);
    }
}
