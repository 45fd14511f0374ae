using System.Text.Json.Serialization;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Auth.OAuth;

/// <summary>
/// Begins to link an account elsewhere to the caller's own. It is done when the browser comes back, if the session that
/// asked has not ended by then.
/// </summary>
internal sealed class LinkIdentity(
    IdentityProviders providers,
    OAuthAttempts attempts,
    Settings settings,
    Limits limits,
    ILogger<IIdentityProvider> log
) : Slice<LinkIdentity.Request, OAuthBegun>
{
    [BodyOptional]
    internal sealed record Request([property: JsonIgnore] string Provider, string? ReturnTo = null);

    public override void Configure()
    {
        Post("/identities/{provider}");
        Group<AuthGroup>();
        Description(route =>
            route
                .Requires(AccountSecure)
                .Fresh()
                .Described(
                    "Begin to link an account at Google, GitHub or Discord",
                    OAuthBegun.Example,
                    new Request("", "https://music.example.org/settings"),
                    errors:
                    [
                        Errors.StepUpRequired,
                        Errors.Validation,
                        AuthErrors.ProviderNotConfigured,
                        Errors.RateLimited,
                        AuthErrors.ProviderUnavailable,
                    ]
                )
        );
    }

    public override async Task<Answer<OAuthBegun>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (providers.Find(request.Provider) is not { } known)
            return AuthErrors.ProviderNotConfigured;
        if (ReturnTo.Refuse(request.ReturnTo, null, settings) is { } refused)
            return refused;
        if (await limits.Refuse(HttpContext, AuthPolicies.OAuth) is { } tooMany)
            return tooMany;
        try
        {
            return new OAuthBegun(
                await attempts.Begin(
                    known,
                    new AttemptDetail(known.Name, request.ReturnTo, null, Caller.SessionId),
                    Caller.UserId,
                    HttpContext,
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
