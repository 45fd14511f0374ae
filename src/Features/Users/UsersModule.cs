using Veza.Features.Users.Avatars;
using Veza.Infrastructure;
using Veza.Infrastructure.Events;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Jobs;

namespace Veza.Features.Users;

/// <summary>
/// What others see of an account, its picture too; who follows, blocks and mutes whom, and whom an artist lets hear
/// more.
/// </summary>
internal static class UsersModule
{
    internal static readonly Module Inventory = new("Users")
    {
        Json = [SetAvatarJson.Default],
        Slices =
        [
            new(Roles.Api, typeof(SetAvatar)),
            new(Roles.Api, typeof(RemoveAvatar)),
            new(Roles.Api, typeof(ShowAvatar)),
            new(Roles.Api, typeof(ShowOwnProfile), ShowOwnProfileJson.Default),
            new(Roles.Api, typeof(ShowUser), ShowUserJson.Default),
            new(Roles.Api, typeof(FollowUser)),
            new(Roles.Api, typeof(UnfollowUser)),
            new(Roles.Api, typeof(ListFollowers), ListedPersonJson.Default),
            new(Roles.Api, typeof(ListFollowing)),
            new(Roles.Api, typeof(GrantSupport), GrantSupportJson.Default),
            new(Roles.Api, typeof(EndSupport)),
            new(Roles.Api, typeof(ListSupporters), ListSupportersJson.Default),
            new(Roles.Api, typeof(BlockUser)),
            new(Roles.Api, typeof(UnblockUser)),
            new(Roles.Api, typeof(ListBlocks)),
            new(Roles.Api, typeof(MuteUser), MuteUserJson.Default),
            new(Roles.Api, typeof(UnmuteUser)),
            new(Roles.Api, typeof(ListMutes), MutedPersonJson.Default),
        ],
        Upkeep = [UpkeepTask.Of(MutedPerson.Forget)],
        Triggers = [new EventTrigger("account_block", "account_blocked_event", UsersEvents.Parted)],
    };
}

/// <summary>What the slices of this room share.</summary>
internal sealed class UsersGroup() : SliceGroup("/api/v1/users", "Users");
