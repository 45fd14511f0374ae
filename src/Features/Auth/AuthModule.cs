using Veza.Infrastructure;

namespace Veza.Features.Auth;

/// <summary>Accounts, sessions and tokens.</summary>
internal static class AuthModule
{
    internal static readonly Module Inventory = new("Auth")
    {
        Slices =
        [
            (Roles.Api, Register.Endpoint),
            (Roles.Api, Login.Endpoint),
            (Roles.Api, Refresh.Endpoint),
            (Roles.Api, Logout.Endpoint),
            (Roles.Api, ShowMe.Endpoint),
            (Roles.Api, TestToken.Endpoint),
            (Roles.Api, ShowKeys.Endpoint),
        ],
        Json = [RegisterJson.Default, LoginJson.Default, RefreshJson.Default, LogoutJson.Default, ShowMeJson.Default, TestTokenJson.Default, ShowKeysJson.Default],
        Nouns = (services, roles) =>
        {
            if (roles.Contains(Roles.Api)) services.AddSingleton<PasswordHasher>().AddSingleton<Sessions>();
        },
    };
}
