using Microsoft.AspNetCore.WebUtilities;

namespace Veza.Features.Auth.OAuth;

/// <summary>
/// Google, by OpenID Connect: who it is stands in the signed ID token, so nothing else is asked for. Any OpenID issuer
/// with RS256 may stand in its place.
/// </summary>
internal sealed class Google(OAuthApp app, ProviderHttp http, TimeProvider clock) : IIdentityProvider, IDisposable
{
    private const string Scope = "openid email profile";
    private readonly OpenIdIssuer issuer = new(app.Url, http, clock);

    public string Name => "google";

    public string Title => "Google";

    public async Task<Uri> AuthorizationUrl(AuthorizationAsk ask, CancellationToken ct) =>
        new(
            QueryHelpers.AddQueryString(
                (await issuer.Endpoints(ct)).Authorization.AbsoluteUri,
                new Dictionary<string, string?>
                {
                    ["response_type"] = "code",
                    ["client_id"] = app.ClientId,
                    ["redirect_uri"] = ask.RedirectUri,
                    ["scope"] = Scope,
                    ["state"] = ask.State,
                    ["nonce"] = ask.Nonce,
                    ["code_challenge"] = ask.CodeChallenge,
                    ["code_challenge_method"] = "S256",
                }
            )
        );

    public async Task<ProvenIdentity> Identify(CodeAnswer answer, CancellationToken ct)
    {
        var endpoints = await issuer.Endpoints(ct);
        // RFC 9207: the answer names its issuer, so that one provider's code is never carried to another's token
        // endpoint.
        if (answer.Issuer is null ? endpoints.NamesItself : answer.Issuer != issuer.Name)
            throw new ProviderFault(AuthErrors.ProviderAnswerInvalid, "the answer names another issuer (iss)");
        var told = await http.Post(
            endpoints.Token,
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
        var now = clock.GetUtcNow().UtcDateTime;
        var tokens = told.Tokens(now);
        var idToken = IdToken.Read(told.Json.TextOf("id_token"));
        var claims = idToken.Verify(
            await issuer.Key(idToken.KeyId, ct),
            new IdTokenTerms(issuer.Name, app.ClientId, answer.Nonce, tokens.AccessToken, now)
        );
        // The address is private, so no username is made of it.
        return new ProvenIdentity(
            claims.TextOf("sub")!,
            claims.EmailOf("email"),
            claims.IsTrue("email_verified"),
            claims.TextOf("given_name") ?? claims.TextOf("name"),
            claims.TextOf("name"),
            tokens
        );
    }

    public void Dispose() => issuer.Dispose();
}
