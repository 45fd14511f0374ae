using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>
/// What happened to the caller's own account, the newest first: sign-ins and their failures, changes, and what the
/// clock or a moderator did.
/// </summary>
internal static class ListAuditTrail
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/auth/audit-log", Handle)
            .WithName("ListAuditTrail")
            .Requires(Permissions.AccountRead)
            .Documented(
                "Auth",
                "List what happened to your account",
                new[] { AuditEvent.Example },
                errors: Errors.Validation
            );

    private static async Task<Answer<AuditEvent[]>> Handle(
        Caller caller,
        PostgresSource postgres,
        CancellationToken ct,
        string? cursor = null,
        int? limit = null
    )
    {
        var (from, take, error) = AuditCursor.Read(cursor, limit);
        if (error is not null)
            return error;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<AuditRow>(
            """
            select id, at, action, account_id, actor_id, session_id, host(ip) as ip, device, detail::text as detail
              from audit_event where account_id = @UserId and (at, id) < (@At, @Id) order by at desc, id desc
                limit @more
            """,
            new
            {
                caller.UserId,
                from!.At,
                from.Id,
                more = take + 1,
            }
        );
        return AuditCursor.Page([.. rows], take);
    }
}

[JsonSerializable(typeof(Envelope<AuditEvent[]>))]
internal sealed partial class ListAuditTrailJson : JsonSerializerContext;
