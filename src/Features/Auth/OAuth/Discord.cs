using Microsoft.AspNetCore.WebUtilities;

namespace Veza.Features.Auth.OAuth;

/// <summary>
/// Discord: OAuth 2.0 without OpenID. The address and whether it is verified stand in the user, and both may be
/// missing.
/// </summary>
internal sealed class Discord(OAuthApp app, ProviderHttp http, TimeProvider clock) : IIdentityProvider
{
    private const string Scope = "identify email";
    private const int SnowflakeDigitsMax = 20;

    public string Name => "discord";

    public string Title => "Discord";

    public Task<Uri> AuthorizationUrl(AuthorizationAsk ask, CancellationToken ct) =>
        Task.FromResult(
            new Uri(
                QueryHelpers.AddQueryString(
                    $"{app.Url.OriginalString}/oauth2/authorize",
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
            new Uri($"{app.ApiUrl.OriginalString}/api/oauth2/token"),
            new Dictionary<string, string>
            {
                ["grant_type"] = "authorization_code",
                ["code"] = answer.Code,
                ["redirect_uri"] = answer.RedirectUri,
                ["client_id"] = app.ClientId,
                ["client_secret"] = app.ClientSecret,
                ["code_verifier"] = answer.CodeVerifier,
            },
            ct
        );
        var tokens = told.Tokens(clock.GetUtcNow().UtcDateTime);
        var user = await http.Get(new Uri($"{app.ApiUrl.OriginalString}/api/users/@me"), tokens.AccessToken, ct);
        // Ids are texts of digits: as numbers they would lose their last ones in many a JSON reader.
        if (
            !user.IsSuccess
            || user.Json.TextOf("id") is not { Length: <= SnowflakeDigitsMax } id
            || !id.All(char.IsAsciiDigit)
        )
            throw new ProviderFault(AuthErrors.ProviderAnswerInvalid, "Discord's user has no id");
        return new ProvenIdentity(
            id,
            user.Json.EmailOf("email"),
            user.Json.IsTrue("verified"),
            user.Json.TextOf("username"),
            user.Json.TextOf("global_name"),
            tokens
        );
    }
}
