using Veza.Infrastructure.Media;

namespace Veza.Features.Users.Avatars;

/// <summary>Where avatars are kept, and the address that everybody reads in <c>avatar_url</c>.</summary>
internal static class Avatar
{
    internal static readonly PictureSizes Sizes = new(512, 256, 64);

    internal sealed record Replaced(Guid? AvatarId);

    /// <summary>A prefix that is this avatar's alone.</summary>
    internal static string PrefixOf(Guid accountId, Guid avatarId) => $"avatars/{accountId}/{avatarId:n}/";

    internal static string UrlOf(Guid accountId, Guid avatarId) => $"/api/v1/users/{accountId}/avatar?v={avatarId:n}";
}
