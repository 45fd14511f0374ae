using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Users;

/// <summary>One's own supporters, newest first; nobody else sees them.</summary>
internal static class ListSupporters
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/users/me/supporters", Handle)
            .WithName("ListSupporters")
            .Requires(Permissions.AccountRead)
            .Documented("Users", "One's own supporters", new[] { Supporter.Example }, errors: [Errors.Validation]);

    private static async Task<Answer<Supporter[]>> Handle(
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
        var rows = await db.QueryAsync<Supporter>(
            """
            select a.id, a.username, a.display_name, a.avatar_url, s.created_at as since, s.supports_until as until
              from supporter s join account a on a.id = s.supporter_id
             where s.account_id = @UserId and (s.created_at, s.supporter_id) < (@Moment, @Id)
             order by s.created_at desc, s.supporter_id desc limit @Take
            """,
            new
            {
                caller.UserId,
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
