using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Infrastructure.Limits;

/// <summary>
/// How often somebody may try something. Each try is written to the logs of its subject, its address and its subnet, in
/// this process and in Redis, before anything costly is done, and is refused when either has no room: the limits stand
/// when Redis is away, and no number of parallel tries gets past them.
/// </summary>
internal sealed class Limits(
    TryTable table,
    SharedTries shared,
    AttackGauge attack,
    MasterKey master,
    Settings settings,
    TimeProvider clock
)
{
    private const int TightenedBy = 4,
        WaitingMax = 256;
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(10);
    private readonly byte[] key = master.Derive("limits");
    private readonly FairSlots waits = new(WaitingMax, SlotShares.Of(WaitingMax));

    /// <summary>The refusal, or null when the try is let through and counts.</summary>
    internal async Task<Error?> Refuse(HttpContext http, LimitPolicy policy, string? subject = null)
    {
        using var slot = await Take(http, policy, subject);
        return slot.Refused;
    }

    /// <summary>
    /// A slot for a try that may turn out not to count. Those of known people (who did the same from here before) are
    /// counted apart from everybody's, so that no stranger uses them up. Of a try that takes two slots, the second is
    /// of its subject only.
    /// </summary>
    internal async Task<TrySlot> Take(
        HttpContext http,
        LimitPolicy policy,
        string? subject = null,
        bool known = false,
        bool subjectOnly = false
    )
    {
        HeldConnections.MustBeNone("a limit");
        policy = settings.Limits.Configured[policy.Name];
        if (subjectOnly)
            policy = policy with { PerAddress = 0, PerSubnet = 0 };
        var keys = KeysOf(policy, ClientAddress.Of(http), subject, known);
        if (keys.Length == 0)
            return new TrySlot(this, keys, "", 0, TimeSpan.Zero, known);
        var local = await TakeHere(keys, policy.Window, http);
        if (local is null)
            return new TrySlot(Errors.HashingBusy);
        if (local is { IsTaken: false } refused)
            return Refusal(policy, refused.Wait, refused.BySubject);

        var id = Guid.CreateVersion7().ToString("N");
        if (await shared.Take(id, keys, policy.Window) is not { } answer)
        {
            if (table.Remembered(keys, out var bySubject) is { Ticks: > 0 } wait)
                return GiveUp(keys, local.Value, policy, wait, bySubject);
            return new TrySlot(this, keys, id, local.Value.TakenAt, local.Value.LockedFor, known);
        }

        if (answer.Refused < 0)
            return new TrySlot(
                this,
                keys,
                id,
                local.Value.TakenAt,
                answer.LockedFor > local.Value.LockedFor ? answer.LockedFor : local.Value.LockedFor,
                known
            );
        table.Remember(keys[answer.Refused], answer.Wait);
        return GiveUp(keys, local.Value, policy, answer.Wait, keys[answer.Refused].IsSubject);
    }

    /// <summary>Forgets all tries of a subject, on every node.</summary>
    internal Task Clear(LimitPolicy policy, string subject)
    {
        UInt128[] ids = [IdOf(policy, "subject", subject), IdOf(policy, "known subject", subject)];
        foreach (var id in ids)
            table.Clear(id);
        return shared.Clear(ids);
    }

    internal void GiveBack(TryKey[] keys, string id, long takenAt)
    {
        // Redis is told first: who waits here for the slot asks it next, on the same connection.
        if (keys.Length > 0)
            shared.GiveBack(id, keys);
        table.Settle(keys, takenAt, giveBack: true);
    }

    internal void Keep(TryKey[] keys, long takenAt) => table.Settle(keys, takenAt, giveBack: false);

    /// <summary>Takes a try of this process. Where only tries under way stand in the way, waits for their outcome: they
    /// may be good ones. Null when too many wait, at all or from this address.</summary>
    private async Task<TryOutcome?> TakeHere(TryKey[] keys, TimeSpan window, HttpContext http)
    {
        var since = clock.GetTimestamp();
        while (true)
        {
            var outcome = table.Take(keys, window);
            if (outcome.Settled is null)
                return outcome;
            var left = WaitMax - clock.GetElapsedTime(since);
            if (left <= TimeSpan.Zero)
                return null;
            using var place = waits.Take(new SlotHolder(null, ClientAddress.Of(http)));
            if (place is null)
                return null;
            try
            {
                await outcome.Settled.WaitAsync(left, clock, http.RequestAborted);
            }
            catch (TimeoutException)
            {
                return null;
            }
        }
    }

    private TrySlot GiveUp(TryKey[] keys, TryOutcome local, LimitPolicy policy, TimeSpan wait, bool bySubject)
    {
        table.Settle(keys, local.TakenAt, giveBack: true);
        return Refusal(policy, wait, bySubject);
    }

    private static TrySlot Refusal(LimitPolicy policy, TimeSpan wait, bool bySubject) =>
        new(
            (bySubject ? policy.SubjectRefused : Errors.RateLimited) with
            {
                RetryAfterS = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)),
            }
        );

    /// <summary>The subject's key comes first.</summary>
    private TryKey[] KeysOf(LimitPolicy policy, System.Net.IPAddress address, string? subject, bool known)
    {
        var tightened = policy.Tightens && !known && attack.IsOn ? TightenedBy : 1;
        var kind = known ? "known " : "";
        var keys = new List<TryKey>(3);
        if (policy.PerSubject > 0 && subject is not null)
            keys.Add(new TryKey(IdOf(policy, kind + "subject", subject), policy.PerSubject, IsSubject: true));
        if (policy.PerAddress > 0)
            keys.Add(
                new TryKey(
                    IdOf(policy, kind + "address", ClientAddress.UnitOf(address).ToString()),
                    Math.Max(1, policy.PerAddress / tightened),
                    false
                )
            );
        if (policy.PerSubnet > 0)
            keys.Add(
                new TryKey(
                    IdOf(policy, kind + "subnet", ClientAddress.SubnetOf(address).ToString()),
                    Math.Max(1, policy.PerSubnet / tightened),
                    false
                )
            );
        return [.. keys];
    }

    /// <summary>
    /// Whatever its case. Hashed with a key of this installation: nobody reads addresses and accounts out of Redis, and
    /// several may share one.
    /// </summary>
    private UInt128 IdOf(LimitPolicy policy, string kind, string who)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{policy.Name}\n{kind}\n{who.ToLowerInvariant()}"), hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}
