namespace Veza.Infrastructure.Limits;

/// <summary>
/// One log that a try is written to: whose it is, how many it may hold, and whether it is the subject's own.
/// </summary>
internal readonly record struct TryKey(UInt128 Id, int Max, bool IsSubject);

/// <summary>
/// What became of a try: taken at an instant, or refused for so long. <c>LockedFor</c> says how long the subject has no
/// room after it; <c>Settled</c> is there when only tries under way stand in the way: it ends when one of them does.
/// </summary>
internal readonly record struct TryOutcome(
    long TakenAt,
    TimeSpan LockedFor,
    TimeSpan Wait,
    bool BySubject,
    Task? Settled
)
{
    internal bool IsTaken => Wait == TimeSpan.Zero;
}

/// <summary>
/// The instants of the last tries for each key, in this process. A try is taken by all of its logs or by none; a
/// refused one is not written, so the instant at which there is room again never moves later. The table is bounded:
/// when it is full, keys go that hold the least.
/// </summary>
internal sealed class TryTable(TimeProvider clock, int keysMax = TryTable.KeysMax)
{
    private const int KeysMax = 50_000,
        EvictionLook = 64;

    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(10);
    private readonly Dictionary<UInt128, TryLog> logs = [];
    private readonly Lock gate = new();
    private long sweptAt;

    internal int Count
    {
        get
        {
            lock (gate)
                return logs.Count;
        }
    }

    internal TryOutcome Take(ReadOnlySpan<TryKey> keys, TimeSpan window)
    {
        lock (gate)
        {
            var now = clock.GetTimestamp();
            if (clock.GetElapsedTime(sweptAt, now) > SweepEvery)
                Sweep(now);
            if (Refusal(keys, window, now) is { } refusal)
                return refusal;
            var lockedFor = TimeSpan.Zero;
            foreach (var key in keys)
            {
                var log = Find(key.Id);
                log.Add(now, now + Ticks(window));
                if (key.IsSubject && log.RoomAt(key.Max, now) is > 0 and var roomAt)
                    lockedFor = clock.GetElapsedTime(now, roomAt);
            }

            return new TryOutcome(now, lockedFor, TimeSpan.Zero, false, null);
        }
    }

    /// <summary>The try has ended; its slots stay taken, or are free again.</summary>
    internal void Settle(ReadOnlySpan<TryKey> keys, long takenAt, bool giveBack)
    {
        lock (gate)
        {
            foreach (var key in keys)
                if (logs.TryGetValue(key.Id, out var log))
                    log.Settle(takenAt, giveBack);
        }
    }

    /// <summary>
    /// Remembers that Redis, which knows the tries of all nodes, has no room for a key: for when Redis is away.
    /// </summary>
    internal void Remember(TryKey key, TimeSpan wait)
    {
        lock (gate)
        {
            Find(key.Id).ElsewhereUntil = clock.GetTimestamp() + Ticks(wait);
        }
    }

    /// <summary>How long Redis would refuse a key, as it said before it went away.</summary>
    internal TimeSpan Remembered(ReadOnlySpan<TryKey> keys, out bool bySubject)
    {
        lock (gate)
        {
            var (now, wait) = (clock.GetTimestamp(), 0L);
            bySubject = false;
            foreach (var key in keys)
                if (logs.TryGetValue(key.Id, out var log) && log.ElsewhereUntil - now > wait)
                    (wait, bySubject) = (log.ElsewhereUntil - now, key.IsSubject);
            return clock.GetElapsedTime(0, wait);
        }
    }

    internal void Clear(UInt128 id)
    {
        lock (gate)
        {
            if (logs.Remove(id, out var log))
                log.WakeAll();
        }
    }

    /// <summary>
    /// The subject's own refusal stands alone: its deadline must not move with what others do at the same address.
    /// </summary>
    private TryOutcome? Refusal(ReadOnlySpan<TryKey> keys, TimeSpan window, long now)
    {
        TryOutcome? refusal = null;
        foreach (var key in keys)
        {
            if (!logs.TryGetValue(key.Id, out var log) || log.RoomAt(key.Max, now) is not (> 0 and var roomAt))
                continue;
            var wait = clock.GetElapsedTime(now, roomAt);
            if (refusal is { } before && wait <= before.Wait)
                continue;
            refusal = new TryOutcome(
                0,
                TimeSpan.Zero,
                wait,
                key.IsSubject,
                log.HasRoomOnceSettled(key.Max) ? log.WhenSettled() : null
            );
            if (key.IsSubject)
                return refusal;
        }

        return refusal;
    }

    private TryLog Find(UInt128 id)
    {
        if (logs.TryGetValue(id, out var log))
            return log;
        if (logs.Count >= keysMax)
            Evict();
        return logs[id] = new TryLog();
    }

    private void Sweep(long now)
    {
        sweptAt = now;
        foreach (var (id, log) in logs)
            if (log.IsIdle(now))
                logs.Remove(id);
    }

    private void Evict()
    {
        var least = logs.Take(EvictionLook).MinBy(pair => pair.Value.Count);
        logs.Remove(least.Key);
        least.Value.WakeAll();
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * clock.TimestampFrequency);
}
