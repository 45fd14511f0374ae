using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Users;

/// <summary>
/// Whom the caller blocks, newest first; nobody else sees it. The only place that still shows who they are.
/// </summary>
[HotRead]
internal sealed class ListBlocks(PostgresSource postgres) : Slice<ListBlocks.Request, ListedPerson[]>
{
    internal sealed record Request(int? Limit, string? Cursor);

    public override void Configure()
    {
        Get("/me/blocks");
        Group<UsersGroup>();
        Description(route =>
            route
                .Requires(AccountRead)
                .Described("List blocked users", ListedPerson.Example, errors: [Errors.Validation])
        );
    }

    public override async Task<Answer<ListedPerson[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (CursorPage.Read(request.Limit, request.Cursor, CursorPage.NewestFirst, out var seek) is { } refused)
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
                Caller.UserId,
                seek.Moment,
                seek.Id,
                seek.Take,
            }
        );
        return seek.Answer<ListedPerson>([.. rows], person => person.Place);
    }
}
