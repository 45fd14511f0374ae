using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Auth.Accounts;

/// <summary>The audit trail of everybody, for admins: whole, of one account, by one actor, or of one action.</summary>
internal sealed class SearchAuditLog(PostgresSource postgres) : Slice<SearchAuditLog.Request, AuditEvent[]>
{
    internal sealed record Request(Guid? AccountId, Guid? ActorId, string? Action, string? Cursor, int? Limit);

    private const string Columns = """
        select id, at, action, account_id, actor_id, session_id, host(ip) as ip, device, detail::text as detail
          from audit_event
        """;
    private const string Page = "and (at, id) < (@At, @Id) order by at desc, id desc limit @more";

    public override void Configure()
    {
        Get("/admin/audit-log");
        Group<AccountsGroup>();
        Description(route =>
            route
                .Requires(AuditRead)
                .Described(
                    "Search the audit trail by account, actor or action",
                    new[] { AuditEvent.Example },
                    errors: Errors.Validation
                )
        );
    }

    public override async Task<Answer<AuditEvent[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var account_id = request.AccountId;
        var actor_id = request.ActorId;
        var action = request.Action;
        var (from, take, error) = AuditCursor.Read(request.Cursor, request.Limit);
        if (error is not null)
            return error;
        // One filter at a time, because each has its index.
        if ((account_id is null ? 0 : 1) + (actor_id is null ? 0 : 1) + (action is null ? 0 : 1) > 1)
            return Errors.Validation.With(
                new FieldError("account_id", "NOT_ALLOWED", "Filter by account_id, actor_id or action, one of them")
            );
        await using var db = await postgres.OpenConnectionAsync(ct);
        var (at, id, more) = (from!.At, from.Id, take + 1);
        var rows =
            account_id is not null
                ? await db.QueryAsync<AuditRow>(
                    $"{Columns} where account_id = @account_id {Page}",
                    new
                    {
                        account_id,
                        at,
                        id,
                        more,
                    }
                )
            : actor_id is not null
                ? await db.QueryAsync<AuditRow>(
                    $"{Columns} where actor_id = @actor_id {Page}",
                    new
                    {
                        actor_id,
                        at,
                        id,
                        more,
                    }
                )
            : action is not null
                ? await db.QueryAsync<AuditRow>(
                    $"{Columns} where action = @action {Page}",
                    new
                    {
                        action,
                        at,
                        id,
                        more,
                    }
                )
            : await db.QueryAsync<AuditRow>(
                $"{Columns} where true {Page}",
                new
                {
                    at,
                    id,
                    more,
                }
            );
        return AuditCursor.Page([.. rows], take);
    }
}
