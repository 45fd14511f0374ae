using System.Text.Json.Serialization;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;

namespace Veza.Features.Auth.OAuth;

/// <summary>
/// Begins a sign-in with a provider. A browser is sent there; an API client is told the address, and must open it in
/// the browser that holds this answer's cookie.
/// </summary>
internal static class BeginOAuth
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/auth/oauth/{provider}", Handle)
            .WithName("BeginOAuth")
            .Anonymous()
            .WithMetadata(new AnswerMetadata(typeof(Envelope<OAuthBegun>)))
            .Documented(
                "Auth",
                "Begin to sign in with Google, GitHub or Discord",
                OAuthBegun.Example,
                errors:
                [
                    Errors.Validation,
                    AuthErrors.ProviderNotConfigured,
                    Errors.RateLimited,
                    AuthErrors.ProviderUnavailable,
                ]
            );

    private static async Task<IResult> Handle(
        string provider,
        string? return_to,
        string? code_challenge,
        HttpContext http,
        IdentityProviders providers,
        OAuthAttempts attempts,
        Settings settings,
        Limits limits,
        ILogger<IIdentityProvider> log,
        CancellationToken ct
    )
    {
        if (providers.Find(provider) is not { } known)
            return (Answer<OAuthBegun>)AuthErrors.ProviderNotConfigured;
        if (ReturnTo.Refuse(return_to, code_challenge, settings) is { } refused)
            return (Answer<OAuthBegun>)refused;
        if (await limits.Refuse(http, AuthPolicies.OAuth) is { } tooMany)
            return (Answer<OAuthBegun>)tooMany;
        try
        {
            var address = await attempts.Begin(
                known,
                new AttemptDetail(known.Name, return_to, code_challenge, null),
                null,
                http,
                ct
            );
            return IsBrowser(http) ? new Onward(address) : (Answer<OAuthBegun>)new OAuthBegun(address);
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
