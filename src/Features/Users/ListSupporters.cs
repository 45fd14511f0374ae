using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Users;

/// <summary>The caller's supporters, newest first; nobody else sees them.</summary>
[HotRead]
internal sealed class ListSupporters(PostgresSource postgres) : Slice<ListSupporters.Request, Supporter[]>
{
    internal sealed record Request(int? Limit, string? Cursor);

    public override void Configure()
    {
        Get("/me/supporters");
        Group<UsersGroup>();
        Description(route =>
            route
                .Requires(AccountRead)
                .Described("List your supporters", new[] { Supporter.Example }, errors: [Errors.Validation])
        );
    }

    public override async Task<Answer<Supporter[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (CursorPage.Read(request.Limit, request.Cursor, CursorPage.NewestFirst, out var seek) is { } refused)
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<Supporter>(
            """
            select a.id, a.username, a.display_name, a.avatar_url, s.created_at as since, s.supports_until as until
              from supporter s join account a on a.id = s.supporter_id
             where s.account_id = @UserId and (s.created_at, s.supporter_id) < (@Moment, @Id)
             order by s.created_at desc, s.supporter_id desc limit @Take
            """,
            new
            {
                Caller.UserId,
                seek.Moment,
                seek.Id,
                seek.Take,
            }
        );
        return seek.Answer<Supporter>([.. rows], supporter => (supporter.Since, supporter.Id));
    }
}

[JsonSerializable(typeof(Envelope<Supporter[]>))]
internal sealed partial class ListSupportersJson : JsonSerializerContext;
