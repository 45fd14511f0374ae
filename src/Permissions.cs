namespace Veza;

/// <summary>
/// What people may do, in the words that slices declare, API keys are scoped by and other services check. Codes are
/// permanent.
/// </summary>
internal static class Permissions
{
    internal const string AccountRead = "account:read",
        AccountWrite = "account:write",
        /// <summary>
        /// Passwords, factors, sessions, keys: whoever may this owns the account, so no API key is given it.
        /// </summary>
        AccountSecure = "account:secure",
        TracksRead = "tracks:read",
        TracksWrite = "tracks:write",
        TracksModerate = "tracks:moderate",
        ChatRead = "chat:read",
        ChatWrite = "chat:write",
        ChatModerate = "chat:moderate",
        UsersSuspend = "users:suspend",
        UsersManage = "users:manage",
        AuditRead = "audit:read",
        JobsManage = "jobs:manage";

    internal static readonly string[] AllRoles = ["user", "artist", "moderator", "admin"];

    private static readonly string[] User =
    [
        AccountRead,
        AccountWrite,
        AccountSecure,
        TracksRead,
        TracksWrite,
        ChatRead,
        ChatWrite,
    ];
    private static readonly string[] Moderator = [.. User, TracksModerate, ChatModerate, UsersSuspend];
    private static readonly string[] Admin = [.. Moderator, UsersManage, AuditRead, JobsManage];

    /// <summary>Of all roles together: the widest counts.</summary>
    internal static string[] Of(string[] roles) =>
        roles.Contains("admin") ? Admin
        : roles.Contains("moderator") ? Moderator
        : User;

    /// <summary>What an API key of a person with these roles may be scoped to.</summary>
    internal static IEnumerable<string> Grantable(string[] roles) => Of(roles).Where(p => p != AccountSecure);
}
