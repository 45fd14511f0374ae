using Veza.Infrastructure.Http;

namespace Veza.Features.Users;

/// <summary>What other rooms may show and say of people.</summary>
internal static class UsersReads
{
    internal static readonly Error OwnAccount = new("OWN_ACCOUNT", 409, "You cannot do this to your own account");

    internal static readonly Error UserNotFound = new("USER_NOT_FOUND", 404, "There is no such user");

    internal static readonly Error PersonBlocked = new("PERSON_BLOCKED", 403, "One of you blocks the other");

    /// <summary>A person as other rooms show them beside what is theirs.</summary>
    /// <param name="AvatarUrl">A path of this server, or null: then a pattern is shown.</param>
    internal sealed record UserCard(Guid Id, string Username, string DisplayName, string? AvatarUrl);

    /// <summary>
    /// Whom somebody sees nothing of and is not seen by, both directions of a block. It is followed by whose they are:
    /// <c>author_id not in ({UsersReads.BlockedBy} @UserId)</c>.
    /// </summary>
    internal const string BlockedBy = "select b.other_id from block_pair b where b.account_id =";
}
