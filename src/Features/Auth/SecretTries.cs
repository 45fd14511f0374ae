using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>
/// Tries at what only the owner of an account knows: passwords, one-time codes, recovery codes, all in one count. Ten
/// wrong ones within a quarter of an hour lock the account, and a right one is refused as well until the oldest is a
/// quarter of an hour old. Networks and devices from which the account signed in before have a count of their own, so
/// that strangers lock out strangers. A name without an account is counted, and locked, in the same way.
/// </summary>
[HotRead]
internal sealed class SecretTries(Limits limits, AttackGauge attack)
{
    private const int ExpireBatchMax = 200;

    /// <summary>
    /// Takes the try before the secret is looked at. Give the slot back when it was right, call <see cref="Failed"/>
    /// when it was wrong.
    /// </summary>
    internal Task<TrySlot> Take(HttpContext http, Guid accountId, bool known) =>
        limits.Take(http, AuthPolicies.SignIn, SubjectOf(accountId), known);

    /// <summary>
    /// The same for who names an account and has shown nothing yet: one try at the name, and one at whoever it leads
    /// to. Only the name's lock shows, so that nobody learns by locking one name which other leads to the same account.
    /// </summary>
    internal async Task<NamedTry> TakeByName(HttpContext http, string name, Guid? accountId, bool known)
    {
        var byName = await limits.Take(http, AuthPolicies.SignIn, SubjectOf(name), known);
        if (byName.Refused is not null)
            return new NamedTry(byName, null);
        try
        {
            return new NamedTry(
                byName,
                await limits.Take(
                    http,
                    AuthPolicies.SignIn,
                    accountId is { } id ? SubjectOf(id) : $"nobody {name}",
                    known,
                    subjectOnly: true
                )
            );
        }
        catch
        {
            // Who hangs up while they wait for the other: a try that is never settled would be waited for as long as
            // this process lives.
            await byName.GiveBack();
            throw;
        }
    }

    /// <summary>
    /// Whether the account signed in from this network within a month, or trusts this device. Asked for no account,
    /// too: the same work for every name.
    /// </summary>
    internal static Task<bool> Knows(
        NpgsqlConnection db,
        HttpContext http,
        Guid? accountId,
        string? deviceToken = null
    ) =>
        db.ExecuteScalarAsync<bool>(
            """
            select exists (select 1 from session where account_id = @id and created_at > now() - interval '30 days'
                      and network(set_masklen(ip, case family(ip) when 4 then 24
                        else 48 end)) = network(set_masklen(@Ip::inet, case family(@Ip::inet) when 4 then 24
                          else 48 end)))
                or exists (select 1 from trusted_device where token_hash = @hash and account_id = @id
                  and expires_at > now())
            """,
            new
            {
                id = accountId ?? Guid.Empty,
                Origin.Of(http).Ip,
                hash = new PgValue<byte[]>(OneTime.Hash(deviceToken ?? "")),
            }
        );

    /// <summary>
    /// The secret was wrong: the trail says so, and also when this was the last try for now. Call <see cref="Counted"/>
    /// when the connection is given back.
    /// </summary>
    internal static async Task Failed(
        NpgsqlConnection db,
        NpgsqlTransaction? transaction,
        TrySlot? slot,
        Guid? accountId,
        string method,
        HttpContext http
    )
    {
        var from = Origin.Of(http);
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(AuditActions.SignInFailed, accountId, from, DetailJson: $$"""{"method":"{{method}}"}""")
        );
        if (slot is null || slot.LockedFor == TimeSpan.Zero || accountId is not { } id)
            return;
        await db.ExecuteAsync(
            """
            insert into account_lock (account_id, is_known, locked_until) values (@id, @IsKnown, now() + @LockedFor)
            on conflict (account_id, is_known) do update set locked_until = excluded.locked_until
            """,
            new
            {
                id,
                slot.IsKnown,
                slot.LockedFor,
            },
            transaction
        );
        var detail =
            $$"""{"for_s":{{(int)Math.Ceiling(slot.LockedFor.TotalSeconds)}},"where":"{{(slot.IsKnown ? "known networks" : "elsewhere")}}"}""";
        await AuditTrail.Write(db, transaction, new AuditEntry(AuditActions.Locked, id, from, DetailJson: detail));
    }

    /// <summary>
    /// One more failure of all accounts together; Redis is asked, so no connection is held meanwhile.
    /// </summary>
    internal Task Counted() => attack.Failed();

    /// <summary>
    /// Both, for who holds no connection yet. Also when nobody waits for the answer any more: who hangs up has guessed.
    /// </summary>
    internal async Task Failed(TrySlot? slot, Guid? accountId, string method, PostgresSource postgres, HttpContext http)
    {
        await using (var db = await postgres.OpenConnectionAsync(CancellationToken.None))
            await Failed(db, null, slot, accountId, method, http);
        await Counted();
    }

    /// <summary>
    /// The owner has shown in another way who they are, or an admin has decided so. Whether the account was locked.
    /// When it is committed, call <see cref="Forget"/>.
    /// </summary>
    internal static async Task<bool> Unlock(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        LockedAccount account,
        Origin from,
        string cause,
        Guid? actorId = null
    )
    {
        var wasLocked =
            await db.ExecuteAsync("delete from account_lock where account_id = @Id", new { account.Id }, transaction)
            > 0;
        if (wasLocked)
            await AuditTrail.Write(
                db,
                transaction,
                new AuditEntry(AuditActions.Unlocked, account.Id, from, actorId, $$"""{"cause":"{{cause}}"}""")
            );
        return wasLocked;
    }

    /// <summary>Forgets all wrong tries, on every node.</summary>
    internal async Task Forget(LockedAccount account)
    {
        foreach (var subject in new[] { SubjectOf(account.Id), SubjectOf(account.Email), SubjectOf(account.Username) })
            await limits.Clear(AuthPolicies.SignIn, subject);
    }

    /// <summary>Locks open by themselves; the trail says when.</summary>
    internal static Task ExpireLocks(NpgsqlConnection db) =>
        db.ExecuteAsync(
            """
            with opened as (
              delete from account_lock where (account_id, is_known) in
                (select account_id, is_known from account_lock where locked_until <= now() limit @ExpireBatchMax
                  for update skip locked)
              returning account_id
            )
            insert into audit_event (id, action, account_id, device, detail)
            select gen_random_uuid(), @action, account_id, 'veza', '{"cause":"expired"}' from opened
            """,
            new { ExpireBatchMax, action = AuditActions.Unlocked }
        );

    private static string SubjectOf(Guid accountId) => accountId.ToString("N");

    private static string SubjectOf(string name) => $"name {name.ToLowerInvariant()}";
}

/// <summary>A try by name: at the name, and at the account behind it, if there is one.</summary>
internal sealed class NamedTry(TrySlot name, TrySlot? account) : IDisposable
{
    /// <summary>What is said: nothing of an account whose tries are used up by another name.</summary>
    internal Error? Refused => name.Refused ?? (account!.Refused == Errors.HashingBusy ? account.Refused : null);

    /// <summary>
    /// False when the account takes no more tries: then no secret is right, and the answer is that of a wrong one,
    /// after the same time.
    /// </summary>
    internal bool MayMatch => account is { Refused: null };

    /// <summary>The account's slot, if it was taken.</summary>
    internal TrySlot? OfAccount => MayMatch ? account : null;

    internal async Task GiveBack()
    {
        await name.GiveBack();
        if (account is not null)
            await account.GiveBack();
    }

    public void Dispose()
    {
        name.Dispose();
        account?.Dispose();
    }
}
