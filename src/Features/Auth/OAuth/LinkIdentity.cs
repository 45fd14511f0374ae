using System.Text.Json.Serialization;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.OAuth;

/// <summary>
/// Begins to link an account elsewhere to the caller's own. It is done when the browser comes back, if the session that
/// asked has not ended by then.
/// </summary>
internal static class LinkIdentity
{
    internal sealed record Request(string? ReturnTo = null);

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/api/v1/auth/identities/{provider}", Handle)
            .WithName("LinkIdentity")
            .Requires(Permissions.AccountSecure)
            .Fresh()
            .Documented(
                "Auth",
                "Begin to link an account at Google, GitHub or Discord",
                OAuthBegun.Example,
                new Request("https://music.example.org/settings"),
                errors:
                [
                    Errors.StepUpRequired,
                    Errors.Validation,
                    AuthErrors.ProviderNotConfigured,
                    Errors.RateLimited,
                    AuthErrors.ProviderUnavailable,
                ]
            );

    private static async Task<Answer<OAuthBegun>> Handle(
        string provider,
        Request? request,
        Caller caller,
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
            return AuthErrors.ProviderNotConfigured;
        if (ReturnTo.Refuse(request?.ReturnTo, null, settings) is { } refused)
            return refused;
        if (await limits.Refuse(http, AuthPolicies.OAuth) is { } tooMany)
            return tooMany;
        try
        {
            return new OAuthBegun(
                await attempts.Begin(
                    known,
                    new AttemptDetail(known.Name, request?.ReturnTo, null, caller.SessionId),
                    caller.UserId,
                    http,
                    ct
                )
            );
        }
        catch (ProviderFault fault)
        {
            ProviderLog.Fault(log, known.Name, fault.Message);
            return fault.Error;
        }
    }
}

[JsonSerializable(typeof(LinkIdentity.Request))]
internal sealed partial class LinkIdentityJson : JsonSerializerContext;
