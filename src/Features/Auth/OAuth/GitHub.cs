using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace Veza.Features.Auth.OAuth;

/// <summary>
/// GitHub, or a GitHub Enterprise server: OAuth 2.0 without OpenID. Its errors come as 200, and the address is another
/// request, for the one of a profile is not verified.
/// </summary>
internal sealed class GitHub(OAuthApp app, ProviderHttp http, TimeProvider clock) : IIdentityProvider
{
    private const string Scope = "user:email";

    public string Name => "github";

    public string Title => "GitHub";

    public Task<Uri> AuthorizationUrl(AuthorizationAsk ask, CancellationToken ct) =>
        Task.FromResult(
            new Uri(
                QueryHelpers.AddQueryString(
                    $"{app.Url.OriginalString}/login/oauth/authorize",
                    new Dictionary<string, string?>
                    {
                        ["response_type"] = "code",
                        ["client_id"] = app.ClientId,
                        ["redirect_uri"] = ask.RedirectUri,
                        ["scope"] = Scope,
                        ["state"] = ask.State,
                        ["code_challenge"] = ask.CodeChallenge,
                        ["code_challenge_method"] = "S256",
                    }
                )
            )
        );

    public async Task<ProvenIdentity> Identify(CodeAnswer answer, CancellationToken ct)
    {
        var told = await http.Post(
            new Uri($"{app.Url.OriginalString}/login/oauth/access_token"),
            new Dictionary<string, string>
            {
                ["code"] = answer.Code,
                ["redirect_uri"] = answer.RedirectUri,
                ["client_id"] = app.ClientId,
                ["client_secret"] = app.ClientSecret,
                ["code_verifier"] = answer.CodeVerifier,
            },
            ct
        );
        var tokens = told.Tokens(clock.GetUtcNow().UtcDateTime);
        var user = await http.Get(new Uri($"{app.ApiUrl.OriginalString}/user"), tokens.AccessToken, ct);
        // The id stays, the login can be renamed and taken by somebody else. It is a number, and a text that looks like
        // one is not GitHub's.
        if (!user.IsSuccess || user.Json.NumberOf("id") is not { } id || id <= 0)
            throw new ProviderFault(AuthErrors.ProviderAnswerInvalid, "GitHub's user has no id");
        var emails = await http.Get(new Uri($"{app.ApiUrl.OriginalString}/user/emails"), tokens.AccessToken, ct);
        var primary =
            emails.IsSuccess && emails.Json.ValueKind == JsonValueKind.Array
                ? emails.Json.EnumerateArray().FirstOrDefault(e => e.IsTrue("primary"))
                : default;
        return new ProvenIdentity(
            id.ToString(CultureInfo.InvariantCulture),
            primary.EmailOf("email"),
            primary.IsTrue("verified"),
            user.Json.TextOf("login"),
            user.Json.TextOf("name"),
            tokens
        );
    }
}
