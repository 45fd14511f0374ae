using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Auth;

/// <summary>
/// What happened to the caller's own account, the newest first: sign-ins and their failures, changes, and what the
/// clock or a moderator did.
/// </summary>
internal sealed class ListAuditTrail(PostgresSource postgres) : Slice<ListAuditTrail.Request, AuditEvent[]>
{
    internal sealed record Request(string? Cursor, int? Limit);

    public override void Configure()
    {
        Get("/audit-log");
        Group<AuthGroup>();
        Description(route =>
            route
                .Requires(AccountRead)
                .Described(
                    "List what happened to your account",
                    new[] { AuditEvent.Example },
                    errors: Errors.Validation
                )
        );
    }

    public override async Task<Answer<AuditEvent[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var (from, take, error) = AuditCursor.Read(request.Cursor, request.Limit);
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
                Caller.UserId,
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
