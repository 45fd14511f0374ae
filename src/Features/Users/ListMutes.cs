using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Users;

/// <summary>Whom the caller mutes now, newest first; nobody else sees it.</summary>
[HotRead]
internal sealed class ListMutes(PostgresSource postgres) : Slice<ListMutes.Request, MutedPerson[]>
{
    internal sealed record Request(int? Limit, string? Cursor);

    public override void Configure()
    {
        Get("/me/mutes");
        Group<UsersGroup>();
        Description(route =>
            route
                .Requires(AccountRead)
                .Described("List muted users", new[] { MutedPerson.Example }, errors: [Errors.Validation])
        );
    }

    public override async Task<Answer<MutedPerson[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (CursorPage.Read(request.Limit, request.Cursor, CursorPage.NewestFirst, out var seek) is { } refused)
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<MutedPerson>(
            """
            select a.id, a.username, a.display_name, a.avatar_url, m.created_at as since, case when m.until < 'infinity'
              then m.until end as until
              from account_mute m join account a on a.id = m.muted_id
             where m.muter_id = @UserId and m.until > now() and (m.created_at, m.muted_id) < (@Moment, @Id)
             order by m.created_at desc, m.muted_id desc limit @Take
            """,
            new
            {
                Caller.UserId,
                seek.Moment,
                seek.Id,
                seek.Take,
            }
        );
        return seek.Answer<MutedPerson>([.. rows], person => (person.Since, person.Id));
    }
}
