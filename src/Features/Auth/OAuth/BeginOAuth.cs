using System.Text.Json.Serialization;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;

namespace Veza.Features.Auth.OAuth;

/// <summary>
/// Begins a sign-in with a provider. A browser is sent there; an API client is told the address, and must open it in
/// the browser that holds this answer's cookie.
/// </summary>
internal sealed class BeginOAuth(
    IdentityProviders providers,
    OAuthAttempts attempts,
    Settings settings,
    Limits limits,
    ILogger<IIdentityProvider> log
) : ResultSlice<BeginOAuth.Request>
{
    internal sealed record Request(string Provider, string? ReturnTo, string? CodeChallenge);

    public override void Configure()
    {
        Get("/oauth/{provider}");
        Group<AuthGroup>();
        Description(route =>
            route
                .Anonymous()
                .WithMetadata(new AnswerMetadata(typeof(Envelope<OAuthBegun>)))
                .Described(
                    "Begin to sign in with Google, GitHub or Discord",
                    OAuthBegun.Example,
                    errors:
                    [
                        Errors.Validation,
                        AuthErrors.ProviderNotConfigured,
                        Errors.RateLimited,
                        AuthErrors.ProviderUnavailable,
                    ]
                )
        );
    }

    public override async Task<IResult> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (providers.Find(request.Provider) is not { } known)
            return (Answer<OAuthBegun>)AuthErrors.ProviderNotConfigured;
        if (ReturnTo.Refuse(request.ReturnTo, request.CodeChallenge, settings) is { } refused)
            return (Answer<OAuthBegun>)refused;
        if (await limits.Refuse(HttpContext, AuthPolicies.OAuth) is { } tooMany)
            return (Answer<OAuthBegun>)tooMany;
        try
        {
            var address = await attempts.Begin(
                known,
                new AttemptDetail(known.Name, request.ReturnTo, request.CodeChallenge, null),
                null,
                HttpContext,
                ct
            );
            return IsBrowser(HttpContext) ? new Onward(address) : (Answer<OAuthBegun>)new OAuthBegun(address);
        }
        catch (ProviderFault fault)
        {
            ProviderLog.Fault(log, known.Name, fault.Message);
            return (Answer<OAuthBegun>)fault.Error;
        }
    }

    /// <summary>Pages are asked for by name; scripts and API clients ask for anything or JSON.</summary>
    private static bool IsBrowser(HttpContext http) =>
        http.Request.Headers.Accept.Any(value =>
            value?.Contains("text/html", StringComparison.OrdinalIgnoreCase) == true
        );
}

[JsonSerializable(typeof(Envelope<OAuthBegun>))]
internal sealed partial class BeginOAuthJson : JsonSerializerContext;
