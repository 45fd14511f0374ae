using Veza.Infrastructure.Http;

namespace Veza.Features.Auth.OAuth;

/// <summary>
/// Where a provider sends the browser back to. Answers as login does; or, when a page to return to was given, goes
/// there with a one-time code (<c>#code=</c>), with <c>#linked=</c>, or with <c>#error=</c> and a code of ours. Nothing
/// of what the provider says is passed on.
/// </summary>
internal sealed class FinishOAuth(
    IdentityProviders providers,
    OAuthAttempts attempts,
    FinishedOAuth finished,
    ILogger<IIdentityProvider> log
) : ResultSlice<FinishOAuth.Request>
{
    internal sealed record Request(string Provider, string? Code, string? State, string? Iss, string? Error);

    private const int CodeCharsMax = 2048;

    public override void Configure()
    {
        Get("/oauth/{provider}/callback");
        Group<AuthGroup>();
        Description(route =>
            route
                .Anonymous()
                .WithMetadata(new AnswerMetadata(typeof(Envelope<SignedIn>)))
                .Described(
                    "Finish a sign-in with Google, GitHub or Discord",
                    SignedIn.Example,
                    errors:
                    [
                        AuthErrors.OAuthStateInvalid,
                        AuthErrors.OAuthCodeRefused,
                        AuthErrors.SessionEnded,
                        AuthErrors.OAuthAccessDenied,
                        AuthErrors.AccountSuspended,
                        AuthErrors.ProviderNotConfigured,
                        AuthErrors.AccountExistsLinkFirst,
                        AuthErrors.EmailVerificationFirst,
                        AuthErrors.IdentityTaken,
                        AuthErrors.ProviderEmailUnverified,
                        Errors.RateLimited,
                        AuthErrors.ProviderUnavailable,
                        AuthErrors.ProviderAnswerInvalid,
                    ]
                )
        );
    }

    public override async Task<IResult> ExecuteAsync(Request request, CancellationToken ct)
    {
        HttpContext.Response.Headers.CacheControl = "no-store";
        if (providers.Find(request.Provider) is not { } known)
            return (Answer<SignedIn>)AuthErrors.ProviderNotConfigured;
        if (await attempts.Take(known, request.State, HttpContext, ct) is not { } attempt)
            return (Answer<SignedIn>)AuthErrors.OAuthStateInvalid;
        try
        {
            if (Refuse(request.Code, request.Error) is { } refused)
                throw refused;
            var proven = await known.Identify(
                new CodeAnswer(
                    request.Code!,
                    request.Iss,
                    providers.RedirectUri(known),
                    attempt.Proofs.CodeVerifier,
                    attempt.Proofs.Nonce
                ),
                ct
            );
            return await finished.Finish(known, proven, attempt, HttpContext, ct);
        }
        catch (ProviderFault fault)
        {
            ProviderLog.Fault(log, known.Name, fault.Message);
            return FinishedOAuth.Fail(attempt, fault.Error);
        }
    }

    /// <summary>The errors of RFC 6749 4.1.2.1 and OpenID Connect, by what a person can do about them.</summary>
    private static ProviderFault? Refuse(string? code, string? error) =>
        error switch
        {
            null when code is { Length: > 0 and <= CodeCharsMax } => null,
            null => new ProviderFault(AuthErrors.ProviderAnswerInvalid, "the answer has no code"),
            "access_denied" or "consent_required" or "login_required" or "interaction_required" => new ProviderFault(
                AuthErrors.OAuthAccessDenied,
                "access was denied"
            ),
            "server_error" or "temporarily_unavailable" => ProviderHttp.Unavailable(
                "the provider says that it is unavailable"
            ),
            "invalid_scope"
            or "invalid_request"
            or "unauthorized_client"
            or "unsupported_response_type"
            or "application_suspended"
            or "redirect_uri_mismatch" => ProviderHttp.Unavailable($"the provider refused our request ({error})"),
            _ => ProviderHttp.Unavailable("the provider answered with an error that we do not know"),
        };
}
