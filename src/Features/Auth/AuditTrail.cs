using Dapper;
using Npgsql;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>
/// One thing that happened to an account: what, to whom, by whom, from where. Detail is a JSON object without secrets
/// and whole addresses.
/// </summary>
internal sealed record AuditEntry(
    string Action,
    Guid? AccountId,
    Origin From,
    Guid? ActorId = null,
    string DetailJson = "{}"
);

/// <summary>
/// The append-only trail. An entry is written in the transaction of what it tells of: there is neither without the
/// other.
/// </summary>
internal static class AuditTrail
{
    internal const int PartitionsAheadMonths = 3;

    internal static Task Write(NpgsqlConnection db, NpgsqlTransaction? transaction, AuditEntry entry)
    {
        var id = Guid.CreateVersion7();
        return db.ExecuteAsync(
            """
            insert into audit_event (id, action, account_id, actor_id, session_id, ip, device, detail)
            values (@id, @Action, @AccountId, @ActorId, @SessionId, @Ip::inet, @Device, @DetailJson::jsonb)
            """,
            new
            {
                id,
                entry.Action,
                entry.AccountId,
                entry.ActorId,
                entry.From.SessionId,
                entry.From.Ip,
                entry.From.Device,
                entry.DetailJson,
            },
            transaction
        );
    }

    /// <summary>The months to come have their partitions before they begin.</summary>
    internal static Task MakePartitions(NpgsqlConnection db) =>
        db.ExecuteAsync("select make_audit_partitions(@months)", new { months = PartitionsAheadMonths });
}
