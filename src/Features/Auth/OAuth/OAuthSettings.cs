using Veza.Infrastructure.Configuration;

namespace Veza.Features.Auth.OAuth;

/// <summary>
/// The applications that the operator registered elsewhere, so that people sign in with their accounts there; null
/// where there is none.
/// </summary>
internal sealed record OAuthSettings(OAuthApp? Google, OAuthApp? GitHub, OAuthApp? Discord)
{
    private const string GitHubUrl = "https://github.com",
        GitHubApiUrl = "https://api.github.com";

    internal static OAuthSettings Read(SettingsReader read)
    {
        var google = Endpoint(read, "oauth:google:issuer", "https://accounts.google.com");
        var gitHub = Endpoint(read, "oauth:github:url", GitHubUrl);
        // A GitHub Enterprise server has its API under its own address.
        var gitHubApi = Endpoint(
            read,
            "oauth:github:api_url",
            gitHub.OriginalString == GitHubUrl ? GitHubApiUrl : gitHub.OriginalString + "/api/v3"
        );
        var discord = Endpoint(read, "oauth:discord:url", "https://discord.com");
        return new OAuthSettings(
            App(read, "google", google, google),
            App(read, "github", gitHub, gitHubApi),
            App(read, "discord", discord, discord)
        );
    }

    private static OAuthApp? App(SettingsReader read, string provider, Uri url, Uri apiUrl)
    {
        var (idKey, secretKey) = ($"oauth:{provider}:client_id", $"oauth:{provider}:client_secret");
        var id = read.Optional(idKey);
        var secret = read.Secret(secretKey);
        if (id is null && secret is not null)
            read.Fault(
                idKey,
                "is not set though a secret is",
                $"copy the client id from the application's page at {url.Host}, or unset the secret"
            );
        // A file that is missing was told already.
        if (id is not null && string.IsNullOrEmpty(secret) && read.Optional(secretKey + "_file") is null)
            read.Fault(
                secretKey,
                "is not set though a client id is",
                $"copy the client secret from the application's page at {url.Host}, or name a file that holds "
                    + $"it with _FILE"
            );
        return id is null || string.IsNullOrEmpty(secret) ? null : new OAuthApp(id, secret, url, apiUrl);
    }

    private static Uri Endpoint(SettingsReader read, string key, string otherwise)
    {
        var text = read.Text(key, otherwise).TrimEnd('/');
        if (
            Uri.TryCreate(text, UriKind.Absolute, out var url)
            && SettingsReader.IsSafe(url)
            && url.Query.Length == 0
            && url.Fragment.Length == 0
            && url.UserInfo.Length == 0
        )
            return url;
        read.Fault(
            key,
            "is not an https URL without query and user",
            $"the default is {otherwise}; http is taken for this machine's own addresses only"
        );
        return new Uri(otherwise);
    }
}

/// <summary>What a provider knows us by, and where it is.</summary>
internal sealed record OAuthApp(string ClientId, string ClientSecret, Uri Url, Uri ApiUrl)
{
    /// <summary>Without the secret.</summary>
    public override string ToString() => $"{ClientId} at {Url}";
}
