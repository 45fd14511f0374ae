using Dapper;
using Npgsql;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>
/// Tries at what only the owner of an account knows: passwords, one-time codes, recovery codes, all in one count. Ten wrong ones within a quarter of an hour
/// lock the account, and a right one is refused as well until the oldest is a quarter of an hour old. Networks and devices from which the account signed
/// in before have a count of their own, so that strangers lock out strangers. A name without an account is counted, and locked, in the same way.
/// </summary>
internal sealed class SecretTries(Limits limits, AttackGauge attack)
{
    private const int ExpireBatchMax = 200;

    /// <summary>Takes the try before the secret is looked at. Give the slot back when it was right, call <see cref="Failed"/> when it was wrong.</summary>
    internal Task<TrySlot> Take(HttpContext http, Guid? accountId, bool known, string name = "") => limits.Take(http, Policies.SignIn, SubjectOf(accountId, name), known);

    /// <summary>Whether the account signed in from this network within a month, or trusts this device. Asked for no account, too: the same work for every name.</summary>
    internal static Task<bool> Knows(NpgsqlConnection db, HttpContext http, Guid? accountId, string? deviceToken = null) => db.ExecuteScalarAsync<bool>("""
        select exists (select 1 from session where account_id = @id and created_at > now() - interval '30 days'
                  and network(set_masklen(ip, case family(ip) when 4 then 24 else 48 end)) = network(set_masklen(@Ip::inet, case family(@Ip::inet) when 4 then 24 else 48 end)))
            or exists (select 1 from trusted_device where token_hash = @hash and account_id = @id and expires_at > now())
        """, new { id = accountId ?? Guid.Empty, Origin.Of(http).Ip, hash = new PgValue<byte[]>(OneTime.Hash(deviceToken ?? "")) });

    /// <summary>The secret was wrong: the trail says so, and also when this was the last try for now.</summary>
    internal async Task Failed(NpgsqlConnection db, NpgsqlTransaction? transaction, TrySlot slot, Guid? accountId, string method, HttpContext http)
    {
        var from = Origin.Of(http);
        await AuditTrail.Write(db, transaction, new AuditEntry(AuditActions.SignInFailed, accountId, from, DetailJson: $$"""{"method":"{{method}}"}"""));
        attack.Count();
        if (slot.LockedFor == TimeSpan.Zero || accountId is not { } id) return;
        await db.ExecuteAsync("""
            insert into account_lock (account_id, is_known, locked_until) values (@id, @IsKnown, now() + @LockedFor)
            on conflict (account_id, is_known) do update set locked_until = excluded.locked_until
            """, new { id, slot.IsKnown, slot.LockedFor }, transaction);
        var detail = $$"""{"for_s":{{(int)Math.Ceiling(slot.LockedFor.TotalSeconds)}},"where":"{{(slot.IsKnown ? "known networks" : "elsewhere")}}"}""";
        await AuditTrail.Write(db, transaction, new AuditEntry(AuditActions.Locked, id, from, DetailJson: detail));
    }

    /// <summary>Opens the account: the owner has shown in another way who they are, or an admin has decided so. Whether it was locked. <see cref="Forget"/> follows the commit.</summary>
    internal static async Task<bool> Unlock(NpgsqlConnection db, NpgsqlTransaction transaction, Guid accountId, Origin from, string cause, Guid? actorId = null)
    {
        var wasLocked = await db.ExecuteAsync("delete from account_lock where account_id = @accountId", new { accountId }, transaction) > 0;
        if (wasLocked) await AuditTrail.Write(db, transaction, new AuditEntry(AuditActions.Unlocked, accountId, from, actorId, $$"""{"cause":"{{cause}}"}"""));
        return wasLocked;
    }

    /// <summary>Forgets all wrong tries, on every node; when no connection is held, for Redis is told.</summary>
    internal Task Forget(Guid accountId) => limits.Clear(Policies.SignIn, SubjectOf(accountId, ""));

    /// <summary>Locks open by themselves; the trail says when.</summary>
    internal static Task ExpireLocks(NpgsqlConnection db) => db.ExecuteAsync("""
        with opened as (
          delete from account_lock where (account_id, is_known) in
            (select account_id, is_known from account_lock where locked_until <= now() limit @ExpireBatchMax for update skip locked)
          returning account_id
        )
        insert into audit_event (id, action, account_id, device, detail)
        select gen_random_uuid(), @action, account_id, 'veza', '{"cause":"expired"}' from opened
        """, new { ExpireBatchMax, action = AuditActions.Unlocked });

    /// <summary>E-mail and username of one account lead to one count.</summary>
    private static string SubjectOf(Guid? accountId, string name) => accountId?.ToString("N") ?? $"name {name.ToLowerInvariant()}";
}
