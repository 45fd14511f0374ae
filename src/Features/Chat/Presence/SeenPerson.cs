namespace Veza.Features.Chat.Presence;

/// <summary>
/// Somebody whom a connection of this node sees: how they are there as far as is known, what they say of themselves,
/// and the entry of a frame that says both, made once for all.
/// </summary>
internal sealed class SeenPerson(Guid id)
{
    private byte[]? entry,
        ownEntry;

    internal Guid Id => id;

    internal HashSet<PresenceSeat> Watchers { get; } = [];

    internal PresenceStatus Presence { get; private set; } = PresenceStatus.Unknown;

    internal bool IsRead { get; private set; }

    /// <summary>Null while it is not known.</summary>
    internal bool? Exists { get; private set; }

    internal string? Text { get; private set; }

    internal DateTime? TextUntil { get; private set; }

    internal long ReadDueAt { get; set; }

    internal long TextDueAt { get; set; }

    internal bool IsKnown => IsRead && Exists is not null;

    /// <summary>True when it is another one than before.</summary>
    internal bool Is(PresenceStatus presence)
    {
        var isNews = !IsRead || presence != Presence;
        (Presence, IsRead) = (presence, true);
        return isNews && Anew();
    }

    /// <summary>Null for who does not exist. A text that ends is read again then.</summary>
    internal bool Says(PresencePeople.Saying? saying, long now)
    {
        TextDueAt =
            now + (long)Math.Min(PresenceLimits.TextEvery.TotalMilliseconds, (saying?.LeftS ?? double.MaxValue) * 1000);
        var isNews = Exists != saying is not null || Text != saying?.Text || TextUntil != saying?.Until;
        (Exists, Text, TextUntil) = (saying is not null, saying?.Text, saying?.Until);
        return isNews && Anew();
    }

    /// <summary>For somebody: only people themselves see that they hide.</summary>
    internal byte[] EntryFor(Guid readerId) =>
        readerId == id
            ? ownEntry ??= PresenceFrames.Entry(this, Presence)
            : entry ??= PresenceFrames.Entry(
                this,
                Presence == PresenceStatus.Invisible ? PresenceStatus.Offline : Presence
            );

    private bool Anew()
    {
        entry = ownEntry = null;
        return true;
    }
}
