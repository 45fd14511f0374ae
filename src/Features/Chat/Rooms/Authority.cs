namespace Veza.Features.Chat.Rooms;

/// <summary>
/// How high somebody stands in a room. Who may moderate the whole site stands above its owner, member or not.
/// </summary>
internal enum Rank
{
    Stranger,
    Member,
    Moderator,
    Owner,
    Site,
}

/// <summary>What is done in a room.</summary>
internal enum RoomAction
{
    Join,
    Leave,
    Invite,
    Edit,
    Kick,
    Ban,
    Mute,
    ChangeVisibility,
    ChangeRole,
    Delete,
}

/// <summary>
/// Who may do what to whom: each deed has a least rank, and done to somebody it wants a higher one than theirs.
/// </summary>
internal static class Authority
{
    private static readonly Dictionary<RoomAction, Rank> Least = new()
    {
        [RoomAction.Join] = Rank.Stranger,
        [RoomAction.Leave] = Rank.Stranger,
        [RoomAction.Invite] = Rank.Moderator,
        [RoomAction.Edit] = Rank.Moderator,
        [RoomAction.Kick] = Rank.Moderator,
        [RoomAction.Ban] = Rank.Moderator,
        [RoomAction.Mute] = Rank.Moderator,
        [RoomAction.ChangeVisibility] = Rank.Owner,
        [RoomAction.ChangeRole] = Rank.Owner,
        [RoomAction.Delete] = Rank.Owner,
    };

    internal static bool Allows(Rank doer, RoomAction deed) => doer >= Least[deed];

    internal static bool Allows(Rank doer, RoomAction deed, Rank done) => Allows(doer, deed) && doer > done;

    /// <summary>
    /// What an office of the site allows in a room that they may not know of: to put an end to what is done there. It
    /// gives no access: nobody becomes a member by it, it shows nothing of the room, and joining and leaving are not
    /// part of it.
    /// </summary>
    internal static bool ReachesUnseen(RoomAction deed) =>
        deed is RoomAction.Kick or RoomAction.Ban or RoomAction.Mute or RoomAction.ChangeRole or RoomAction.Delete;

    internal static Rank Of(string? role) =>
        role switch
        {
            "owner" => Rank.Owner,
            "moderator" => Rank.Moderator,
            "member" => Rank.Member,
            _ => Rank.Stranger,
        };
}
