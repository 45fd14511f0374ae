using Veza.Infrastructure;
using Veza.Infrastructure.Events;
using Veza.Infrastructure.Jobs;

namespace Veza.Features.Users;

/// <summary>
/// What others see of an account, who follows, blocks and mutes whom, and whom an artist lets hear more.
/// </summary>
internal static class UsersModule
{
    internal const int FollowingMax = 10_000,
        SupportersMax = 1_000_000,
        BlocksMax = 10_000,
        MutesMax = 10_000;

    internal static readonly Module Inventory = new("Users")
    {
        Slices =
        [
            (Roles.Api, ShowUser.Endpoint),
            (Roles.Api, FollowUser.Endpoint),
            (Roles.Api, UnfollowUser.Endpoint),
            (Roles.Api, ListFollowers.Endpoint),
            (Roles.Api, ListFollowing.Endpoint),
            (Roles.Api, GrantSupport.Endpoint),
            (Roles.Api, EndSupport.Endpoint),
            (Roles.Api, ListSupporters.Endpoint),
            (Roles.Api, BlockUser.Endpoint),
            (Roles.Api, UnblockUser.Endpoint),
            (Roles.Api, ListBlocks.Endpoint),
            (Roles.Api, MuteUser.Endpoint),
            (Roles.Api, UnmuteUser.Endpoint),
            (Roles.Api, ListMutes.Endpoint),
        ],
        Json =
        [
            ShowUserJson.Default,
            ListedPersonJson.Default,
            GrantSupportJson.Default,
            ListSupportersJson.Default,
            MutedPersonJson.Default,
            MuteUserJson.Default,
        ],
        Upkeep = [UpkeepTask.Of(MutedPerson.Forget)],
        Triggers = [new EventTrigger("account_block", "account_blocked_event", UsersEvents.Parted)],
    };
}
