namespace Veza.Features.Auth;

/// <summary>What a role may do, in the words that other services check.</summary>
internal static class Permissions
{
    private static readonly string[] User = ["tracks:write", "chat:write"];
    private static readonly string[] Moderator = [.. User, "chat:moderate", "tracks:moderate"];
    private static readonly string[] Admin = [.. Moderator, "users:manage", "jobs:manage"];

    internal static string[] Of(string[] roles) => roles.Contains("admin") ? Admin : roles.Contains("moderator") ? Moderator : User;
}
