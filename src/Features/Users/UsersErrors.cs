using Veza.Infrastructure.Http;

namespace Veza.Features.Users;

/// <summary>How requests about people fail.</summary>
internal static class UsersErrors
{
    internal static readonly Error TooManyFollows = new(
        "TOO_MANY_FOLLOWS",
        409,
        "You follow as many users as are allowed; unfollow one first"
    );

    internal static readonly Error TooManySupporters = new(
        "TOO_MANY_SUPPORTERS",
        409,
        "You have as many supporters as are allowed"
    );

    internal static readonly Error TooManyBlocks = new(
        "TOO_MANY_BLOCKS",
        409,
        "You block as many users as are allowed"
    );

    internal static readonly Error TooManyUserMutes = new(
        "TOO_MANY_USER_MUTES",
        409,
        "You mute as many users as are allowed"
    );
}
