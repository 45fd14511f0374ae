namespace Veza.Features.Users;

/// <summary>How much there may be of what this room keeps and takes.</summary>
internal static class UsersLimits
{
    internal const int FollowingMax = 10_000,
        SupportersMax = 1_000_000,
        BlocksMax = 10_000,
        MutesMax = 10_000;
}
