using Dapper;
using Npgsql;
using Veza.Features.Auth.Keys;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.Accounts;

/// <summary>
/// What an account may do, and until when it may do nothing: changes of it reach every token, socket, URL and key of
/// the account within two seconds.
/// </summary>
internal static class AccountStanding
{
    internal const int ReasonCharsMax = 500,
        ExpireBatchMax = 200;

    internal sealed record Standing(
        Guid Id,
        string Username,
        string[] Roles,
        DateTime? SuspendedAt,
        DateTime? SuspendedUntil,
        string? SuspensionReason
    );

    /// <summary>
    /// What the access tokens of the account, which the caller holds, say of it is no longer so: sessions go on, with
    /// new tokens.
    /// </summary>
    internal static async Task RefreshTokens(NpgsqlConnection db, NpgsqlTransaction transaction, Guid accountId)
    {
        await db.ExecuteScalarAsync<long>(
            """
            with alive as (
              -- In the order in which everybody locks sessions.
              select id from session where account_id = @accountId and ended_at is null order by id for no key update
            ), changed as (update session set epoch = epoch + 1 where id in (select id from alive) returning id, epoch),
            revoked as (
              insert into revocation (subject, epoch_min, expires_at) select id, epoch, now() + @keptFor from changed
              on conflict (subject) do update
                set epoch_min = greatest(revocation.epoch_min, excluded.epoch_min), expires_at = excluded.expires_at
              returning subject, epoch_min
            )
            select count(pg_notify('veza_revocation', subject || ' ' || epoch_min)) from revoked
            """,
            new { accountId, keptFor = Revocations.KeptFor },
            transaction
        );
        await ApiKeys.Refresh(db, transaction, accountId);
    }

    /// <summary>Suspensions whose time is over are lifted by the clock, and the trail says so.</summary>
    internal static Task LiftExpired(NpgsqlConnection db) =>
        db.ExecuteAsync(
            """
            with lifted as (
              update account set suspended_at = null, suspended_until = null, suspension_reason = null
               where id in (select id from account where suspended_at is not null and suspended_until <= now()
                 limit @ExpireBatchMax for update skip locked)
              returning id
            )
            insert into audit_event (id, action, account_id, device, detail)
            select gen_random_uuid(), @action, id, 'veza', '{"cause":"expired"}' from lifted
            """,
            new { ExpireBatchMax, action = AuditActions.SuspensionExpired }
        );
}
