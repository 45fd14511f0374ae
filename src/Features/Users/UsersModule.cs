using Veza.Infrastructure;

namespace Veza.Features.Users;

/// <summary>What others see of an account.</summary>
internal static class UsersModule
{
    internal static readonly Module Inventory = new("Users")
    {
        Slices =
        [
            (Roles.Api, ShowUser.Endpoint),
        ],
        Json = [ShowUserJson.Default],
    };
}
