using Veza.Infrastructure.Configuration;

namespace Veza.Features.Auth.OAuth;

/// <summary>The providers that this server is registered with.</summary>
internal sealed class IdentityProviders : IDisposable
{
    private readonly ProviderHttp http = new();
    private readonly List<IIdentityProvider> registered = [];
    private readonly Uri publicUrl;

    public IdentityProviders(Settings settings, OAuthSettings apps, TimeProvider clock)
    {
        publicUrl = settings.PublicUrl;
        if (apps.Google is { } google)
            registered.Add(new Google(google, http, clock));
        if (apps.GitHub is { } gitHub)
            registered.Add(new GitHub(gitHub, http, clock));
        if (apps.Discord is { } discord)
            registered.Add(new Discord(discord, http, clock));
    }

    internal string[] Names => [.. registered.Select(p => p.Name)];

    internal IIdentityProvider? Find(string name) => registered.Find(p => p.Name == name);

    /// <summary>The way in, as sessions and the audit trail have it.</summary>
    internal static string MethodOf(string provider) => $"oauth_{provider}";

    /// <summary>Where the provider sends people back to: never built from what a request says of its host.</summary>
    internal string RedirectUri(IIdentityProvider provider) =>
        $"{publicUrl.OriginalString}/api/v1/auth/oauth/{provider.Name}/callback";

    public void Dispose()
    {
        foreach (var provider in registered.OfType<IDisposable>())
            provider.Dispose();
        http.Dispose();
    }
}
