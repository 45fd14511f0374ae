namespace Veza.Features.Chat.Presence;

/// <summary>
/// How somebody is there. Of several devices the greatest counts: who hides on one hides, who is busy on one is busy,
/// who is active on one is online.
/// </summary>
internal enum PresenceStatus
{
    Offline = 0,
    Away = 1,
    Online = 2,
    Busy = 3,
    Invisible = 4,

    /// <summary>Redis does not answer, so nobody can tell.</summary>
    Unknown = 9,
}

/// <summary>
/// The times of presence, and how much of it there is at most: for a person, a connection, a room and a node.
/// </summary>
internal static class PresenceLimits
{
    internal static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a socket may be gone before its person is, so that a reconnect is no news; and how long a new one
    /// waits, so that who hides is never seen.
    /// </summary>
    internal static readonly TimeSpan Grace = TimeSpan.FromSeconds(10),
        ArrivalWait = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A node that is gone takes its people along after the time to live; while it lives it renews them.
    /// </summary>
    internal static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(30),
        RenewEvery = TimeSpan.FromSeconds(10);

    /// <summary>
    /// What is watched is read again, whatever news came: people, their custom status, who is in a room, who blocks
    /// whom.
    /// </summary>
    internal static readonly TimeSpan ReadEvery = TimeSpan.FromSeconds(10),
        TextEvery = TimeSpan.FromSeconds(60),
        RoomEvery = TimeSpan.FromSeconds(30),
        BlocksEvery = TimeSpan.FromSeconds(10);

    /// <summary>
    /// So long without an answer of Redis nobody is known any more; so long after it lost its memory the nodes have
    /// told it anew.
    /// </summary>
    internal static readonly TimeSpan SilenceMax = TimeSpan.FromSeconds(3),
        Settling = TimeSpan.FromSeconds(5);

    /// <summary>A person's changes are told so often at most; what comes between is told as it stands then.</summary>
    internal static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(3);

    internal const int WatchedMax = 200,
        SeenMax = 500,
        AskedOverHttpMax = 100,
        SetsPerMinuteMax = 30,
        FramePeopleMax = 200;
    internal const int RoomMembersMax = 50,
        TextCharsMax = 100;
    internal const int ReadsPerBeatMax = 10_000,
        RenewalsPerBeatMax = 10_000,
        QueryBatchMax = 1000,
        HintsMax = 100_000,
        PipelineMax = 500,
        Buckets = 64;
}
