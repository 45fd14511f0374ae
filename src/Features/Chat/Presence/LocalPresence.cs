namespace Veza.Features.Chat.Presence;

/// <summary>
/// The people with sockets on this node, and what Redis was told of each. A person is told of when that differs from
/// how they are here: not at once when they arrive, not before the grace is over when they go, and never faster than
/// once in a few seconds.
/// </summary>
internal sealed class LocalPresence
{
    private readonly Lock gate = new();
    private readonly Dictionary<Guid, Person> people = [];
    private readonly HashSet<Guid> changed = [];

    private sealed class Person
    {
        private long[]? goneAt;

        internal List<PresenceSeat> Seats { get; } = [];

        internal PresenceStatus Told { get; set; }

        internal long NotBefore { get; set; }

        internal long RenewAt { get; set; }

        internal void Gone(PresenceStatus presence, long now) =>
            (goneAt ??= new long[(int)PresenceStatus.Invisible + 1])[(int)presence] = now;

        /// <summary>
        /// Whether one of their sockets went so lately that it may only be reconnecting; it counts as it was.
        /// </summary>
        internal bool Lingers(long now) =>
            goneAt is not null && goneAt.Any(at => at > 0 && now - at < Ms(PresenceLimits.Grace));

        internal PresenceStatus Here(long now)
        {
            var here = Seats.Count > 0 ? Seats.Max(seat => seat.Presence) : PresenceStatus.Offline;
            if (goneAt is null || Seats.Count == 0 && Told == PresenceStatus.Offline)
                return here;
            for (var was = PresenceStatus.Invisible; was > here; was--)
                if (goneAt[(int)was] > 0 && now - goneAt[(int)was] < Ms(PresenceLimits.Grace))
                    return was;
            return here;
        }
    }

    internal int Count
    {
        get
        {
            lock (gate)
                return people.Count;
        }
    }

    internal void Enter(PresenceSeat seat, long now)
    {
        lock (gate)
        {
            if (!people.TryGetValue(seat.UserId, out var person))
                people[seat.UserId] = person = new Person { NotBefore = now + Ms(PresenceLimits.ArrivalWait) };
            person.Seats.Add(seat);
            changed.Add(seat.UserId);
        }
    }

    internal void Set(PresenceSeat seat, PresenceStatus presence)
    {
        lock (gate)
        {
            seat.Presence = presence;
            changed.Add(seat.UserId);
        }
    }

    internal void Leave(PresenceSeat seat, long now)
    {
        lock (gate)
        {
            if (!people.TryGetValue(seat.UserId, out var person) || !person.Seats.Remove(seat))
                return;
            person.Gone(seat.Presence, now);
            changed.Add(seat.UserId);
        }
    }

    /// <summary>What Redis is to be told now, changes first; renewals fill the rest.</summary>
    internal PresenceStore.Word[] Due(long now)
    {
        lock (gate)
        {
            var words = new List<PresenceStore.Word>();
            foreach (var id in changed)
            {
                var person = people[id];
                if (person.Here(now) is var here && here != person.Told)
                {
                    if (now >= person.NotBefore)
                        words.Add(new PresenceStore.Word(id, here));
                }
                else if (!person.Lingers(now))
                {
                    changed.Remove(id);
                    if (person.Seats.Count == 0)
                        people.Remove(id);
                }
            }

            var renewals = people.Where(p =>
                p.Value.Told != PresenceStatus.Offline
                && now >= p.Value.RenewAt
                && !(changed.Contains(p.Key) && p.Value.Here(now) != p.Value.Told)
            );
            words.AddRange(
                renewals
                    .Take(PresenceLimits.RenewalsPerBeatMax)
                    .Select(p => new PresenceStore.Word(p.Key, p.Value.Told))
            );
            return [.. words];
        }
    }

    /// <summary>Redis was told.</summary>
    internal void Told(IEnumerable<PresenceStore.Word> words, long now)
    {
        lock (gate)
        {
            foreach (var word in words)
            {
                if (!people.TryGetValue(word.UserId, out var person))
                    continue;
                if (person.Told != word.Presence)
                    person.NotBefore = now + Ms(PresenceLimits.TellEvery);
                (person.Told, person.RenewAt) = (word.Presence, now + Ms(PresenceLimits.RenewEvery));
            }
        }
    }

    /// <summary>Redis has lost its memory: all are told anew.</summary>
    internal void Forgotten()
    {
        lock (gate)
            foreach (var person in people.Values)
                person.RenewAt = 0;
    }

    /// <summary>All of whom Redis was told something.</summary>
    internal PresenceStore.Word[] All()
    {
        lock (gate)
            return
            [
                .. people
                    .Where(p => p.Value.Told != PresenceStatus.Offline)
                    .Select(p => new PresenceStore.Word(p.Key, p.Value.Told)),
            ];
    }

    internal PresenceSeat[] SeatsOf(Guid userId)
    {
        lock (gate)
            return people.TryGetValue(userId, out var person) ? [.. person.Seats] : [];
    }

    private static long Ms(TimeSpan time) => (long)time.TotalMilliseconds;
}
