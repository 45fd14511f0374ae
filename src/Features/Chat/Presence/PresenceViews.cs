namespace Veza.Features.Chat.Presence;

/// <summary>
/// Who on this node sees whom: whom connections asked for, and the members of the small rooms they listen to. All
/// people who are seen are read together, whoever and however many see them; each connection has a list of those it is
/// still to be told of, so what changes twice in between is told once.
/// </summary>
internal sealed class PresenceViews
{
    private readonly Lock gate = new();
    private readonly Dictionary<Guid, SeenPerson> seen = [];
    private readonly Dictionary<Guid, WatchedRoom> rooms = [];
    private readonly HashSet<PresenceSeat> seats = [],
        due = [];

    internal void Ask(PresenceSeat seat, Guid[] userIds)
    {
        lock (gate)
        {
            seat.Asked = [.. userIds];
            See(seat);
        }
    }

    internal void Join(PresenceSeat seat, Guid roomId)
    {
        lock (gate)
        {
            if (!seat.Rooms.Add(roomId))
                return;
            if (!rooms.TryGetValue(roomId, out var room))
                rooms[roomId] = room = new WatchedRoom();
            room.Seats.Add(seat);
            // Who has just joined is not among the members that were read before.
            if (!room.Members.Contains(seat.UserId))
                room.ReadDueAt = 0;
            See(seat);
        }
    }

    internal void Part(PresenceSeat seat, Guid roomId)
    {
        lock (gate)
        {
            if (!seat.Rooms.Remove(roomId))
                return;
            LeaveRoom(seat, roomId);
            See(seat);
        }
    }

    internal void Leave(PresenceSeat seat)
    {
        lock (gate)
        {
            foreach (var room in seat.Rooms)
                LeaveRoom(seat, room);
            seat.Rooms.Clear();
            seat.Asked = [];
            See(seat);
            _ = seats.Remove(seat) | due.Remove(seat);
        }
    }

    internal Guid[] DuePeople(long now, int max) => Select(seen.Values, p => now >= p.ReadDueAt, p => p.Id, max);

    internal Guid[] DueTexts(long now, int max) => Select(seen.Values, p => now >= p.TextDueAt, p => p.Id, max);

    internal Guid[] DueRooms(long now, int max) => Select(rooms, r => now >= r.Value.ReadDueAt, r => r.Key, max);

    /// <summary>
    /// Whose shy people must be read: all who are new; now and then also those who had some, since blocks end.
    /// </summary>
    internal Guid[] DueShy(bool again, int max) =>
        [
            .. Select(seats, s => s.Shy is null || again && s.Shy.Count > 0, s => s.UserId, int.MaxValue)
                .Distinct()
                .Take(max),
        ];

    /// <summary>News came of somebody: they are read at the next beat.</summary>
    internal void Hint(Guid userId, bool saysSomethingElse)
    {
        lock (gate)
        {
            if (!seen.TryGetValue(userId, out var person))
                return;
            person.ReadDueAt = 0;
            if (saysSomethingElse)
                person.TextDueAt = 0;
        }
    }

    internal void Found(Guid[] userIds, PresenceStatus[] found, long now)
    {
        lock (gate)
        {
            foreach (var (id, presence) in userIds.Zip(found))
            {
                if (!seen.TryGetValue(id, out var person))
                    continue;
                person.ReadDueAt = now + (long)PresenceLimits.ReadEvery.TotalMilliseconds;
                if (person.Is(presence))
                    Tell(person);
            }
        }
    }

    /// <summary>Nobody can be known now; when they can again, they are read at once.</summary>
    internal void NobodyKnown()
    {
        lock (gate)
        {
            foreach (var person in seen.Values)
            {
                person.ReadDueAt = 0;
                if (person.Is(PresenceStatus.Unknown))
                    Tell(person);
            }
        }
    }

    internal void Said(Guid[] userIds, PresencePeople.Saying[] sayings, long now)
    {
        lock (gate)
        {
            var byId = sayings.ToDictionary(s => s.Id);
            foreach (var id in userIds)
                if (seen.TryGetValue(id, out var person) && person.Says(byId.GetValueOrDefault(id), now))
                    Tell(person);
        }
    }

    internal void Members(Guid[] roomIds, PresencePeople.Member[] members, long now)
    {
        lock (gate)
        {
            var byRoom = members.ToLookup(m => m.RoomId, m => m.AccountId);
            foreach (var id in roomIds)
            {
                if (!rooms.TryGetValue(id, out var room))
                    continue;
                room.ReadDueAt = now + (long)PresenceLimits.RoomEvery.TotalMilliseconds;
                if (!room.Becomes([.. byRoom[id]]))
                    continue;
                foreach (var seat in room.Seats)
                    See(seat);
            }
        }
    }

    /// <summary>Of these people all whom they see nothing of.</summary>
    internal void Shy(Guid[] userIds, PresencePeople.Pair[] pairs)
    {
        lock (gate)
        {
            var byReader = pairs.ToLookup(p => p.AccountId, p => p.OtherId);
            HashSet<Guid> readers = [.. userIds];
            foreach (var seat in seats)
            {
                if (!readers.Contains(seat.UserId))
                    continue;
                var before = seat.Shy ?? [];
                seat.Shy = [.. byReader[seat.UserId]];
                // Whom they may see again, and whom they may not see any more, if news of the block was lost.
                seat.Due.UnionWith(before.Concat(seat.Shy).Where(seat.Sees.Contains));
                if (seat.Due.Count > 0)
                    due.Add(seat);
            }
        }
    }

    /// <summary>From now on this connection's person and the other see nothing of each other.</summary>
    internal void Estrange(PresenceSeat seat, Guid otherId)
    {
        lock (gate)
        {
            if (seat.Estrange(otherId))
                due.Add(seat);
        }
    }

    /// <summary>The frame for each connection that is to be told something, and these taken off its list.</summary>
    internal (PresenceSeat Seat, byte[] Frame)[] Frames()
    {
        lock (gate)
        {
            var frames = new List<(PresenceSeat, byte[])>();
            foreach (var seat in due)
            {
                var entries = seat.Take(seen);
                if (seat.Due.Count == 0)
                    due.Remove(seat);
                if (entries.Count > 0)
                    frames.Add((seat, PresenceFrames.Of(entries)));
            }

            return [.. frames];
        }
    }

    private T[] Select<TItem, T>(IEnumerable<TItem> items, Func<TItem, bool> isDue, Func<TItem, T> id, int max)
    {
        lock (gate)
            return [.. items.Where(isDue).Take(max).Select(id)];
    }

    private void LeaveRoom(PresenceSeat seat, Guid roomId)
    {
        if (rooms.TryGetValue(roomId, out var room) && room.Seats.Remove(seat) && room.Seats.Count == 0)
            rooms.Remove(roomId);
    }

    private void Tell(SeenPerson person)
    {
        foreach (var seat in person.Watchers)
        {
            seat.Due.Add(person.Id);
            due.Add(seat);
        }
    }

    /// <summary>
    /// Reckons anew whom a connection sees: those it asked for first, then who is in its rooms as long as its own
    /// person is.
    /// </summary>
    private void See(PresenceSeat seat)
    {
        var sees = new HashSet<Guid>(seat.Asked);
        foreach (var room in seat.Rooms.Select(id => rooms[id]).Where(room => room.Members.Contains(seat.UserId)))
            sees.UnionWith(room.Members.Where(id => id != seat.UserId).Take(PresenceLimits.SeenMax - sees.Count));
        foreach (var id in seat.Sees.Where(id => !sees.Contains(id)))
            Forget(seat, id);
        foreach (var id in sees.Where(id => !seat.Sees.Contains(id)))
        {
            if (!seen.TryGetValue(id, out var person))
                seen[id] = person = new SeenPerson(id);
            person.Watchers.Add(seat);
            seat.Due.Add(id);
        }

        seat.Sees = sees;
        seats.Add(seat);
        if (seat.Due.Count > 0)
            due.Add(seat);
    }

    private void Forget(PresenceSeat seat, Guid id)
    {
        seat.Due.Remove(id);
        seat.Told.Remove(id);
        if (seen.TryGetValue(id, out var person) && person.Watchers.Remove(seat) && person.Watchers.Count == 0)
            seen.Remove(id);
    }
}
