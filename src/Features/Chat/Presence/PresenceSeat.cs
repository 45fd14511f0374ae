using Veza.Infrastructure.Loops;
using Veza.Infrastructure.Realtime;

namespace Veza.Features.Chat.Presence;

/// <summary>
/// One connection's part in presence: how its person is there by it, whom it asked for, and what it is still to be
/// told. The views' lock guards all but its own status.
/// </summary>
internal sealed class PresenceSeat(PresenceLoop desk, SocketConnection connection, Guid userId, TimeProvider clock)
{
    private int minute,
        sets;

    internal Guid UserId => userId;

    internal PresenceStatus Presence { get; set; } = PresenceStatus.Online;

    /// <summary>Whom it named, the small rooms it listens to, and all whom it sees by that.</summary>
    internal HashSet<Guid> Asked { get; set; } = [];

    internal HashSet<Guid> Rooms { get; } = [];

    internal HashSet<Guid> Sees { get; set; } = [];

    /// <summary>Of whom it must be told, and of whom it was told something.</summary>
    internal HashSet<Guid> Due { get; } = [];

    internal HashSet<Guid> Told { get; } = [];

    /// <summary>Whom its person sees nothing of; nothing is told before that is known.</summary>
    internal HashSet<Guid>? Shy { get; set; }

    /// <summary>So many in each minute of the clock.</summary>
    internal bool MaySet()
    {
        var now = (int)(clock.Milliseconds() / 60_000);
        if (now != minute)
            (minute, sets) = (now, 0);
        return ++sets <= PresenceLimits.SetsPerMinuteMax;
    }

    /// <summary>
    /// The entries of the next frame, taken off the list. Of whom its person must see nothing it hears that they are
    /// gone, if it was told of them, and no more.
    /// </summary>
    internal List<byte[]> Take(Dictionary<Guid, SeenPerson> seen)
    {
        var entries = new List<byte[]>();
        if (Shy is null)
            return entries;
        foreach (var id in Due)
        {
            if (entries.Count == PresenceLimits.FramePeopleMax)
                break;
            if (!seen.TryGetValue(id, out var person) || person.Exists == false)
                Due.Remove(id);
            else if (person.IsKnown && Due.Remove(id) && EntryOf(person) is { } entry)
                entries.Add(entry);
        }

        return entries;
    }

    /// <summary>Its person and the other see nothing of each other from now on; true when it saw them.</summary>
    internal bool Estrange(Guid otherId) => Shy?.Add(otherId) == true && Sees.Contains(otherId) && Due.Add(otherId);

    private byte[]? EntryOf(SeenPerson person)
    {
        if (!Shy!.Contains(person.Id))
        {
            Told.Add(person.Id);
            return person.EntryFor(userId);
        }

        return Told.Remove(person.Id) ? PresenceFrames.Gone(person.Id) : null;
    }

    internal void Set(PresenceStatus presence) => desk.Set(this, presence);

    internal void SaysSomethingElse() => desk.SaysSomethingElse(userId);

    internal void Watch(Guid[] userIds) => desk.Views.Ask(this, userIds);

    internal void Join(Guid roomId) => desk.Views.Join(this, roomId);

    internal void Part(Guid roomId) => desk.Views.Part(this, roomId);

    internal void Leave() => desk.Leave(this);

    internal void Send(ReadOnlyMemory<byte> frame) => connection.Send(frame);
}
