namespace Veza.Features.Chat.Presence;

/// <summary>A room that connections of this node listen to, with its members as long as they are few.</summary>
internal sealed class WatchedRoom
{
    internal HashSet<PresenceSeat> Seats { get; } = [];

    internal HashSet<Guid> Members { get; private set; } = [];

    internal long ReadDueAt { get; set; }

    /// <summary>True when others are in it than before.</summary>
    internal bool Becomes(HashSet<Guid> members)
    {
        if (members.SetEquals(Members))
            return false;
        Members = members;
        return true;
    }
}
