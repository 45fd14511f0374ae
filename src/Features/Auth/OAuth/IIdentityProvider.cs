using Veza.Infrastructure.Http;

namespace Veza.Features.Auth.OAuth;

/// <summary>
/// Somebody else's accounts that people may sign in with. The code flow with PKCE, whatever else the provider speaks.
/// </summary>
internal interface IIdentityProvider
{
    /// <summary>As it stands in addresses and in the database.</summary>
    string Name { get; }

    /// <summary>As people call it.</summary>
    string Title { get; }

    /// <summary>The page at which the person consents.</summary>
    Task<Uri> AuthorizationUrl(AuthorizationAsk ask, CancellationToken ct);

    /// <summary>
    /// Redeems the code and says who consented. Throws <see cref="ProviderFault"/> when the answer fails or may not be
    /// believed.
    /// </summary>
    Task<ProvenIdentity> Identify(CodeAnswer answer, CancellationToken ct);
}

/// <summary>
/// What the provider is asked with: our address to come back to, and the proofs that the answer is ours.
/// </summary>
internal sealed record AuthorizationAsk(string RedirectUri, string State, string CodeChallenge, string Nonce);

/// <summary>What the browser brought back, with the secrets of the attempt that it belongs to.</summary>
internal sealed record CodeAnswer(string Code, string? Issuer, string RedirectUri, string CodeVerifier, string Nonce);

/// <summary>
/// Who consented. The address counts only when the provider verified it, and is null when it cannot be anybody's
/// address here.
/// </summary>
internal sealed record ProvenIdentity(
    string Subject,
    string? Email,
    bool EmailVerified,
    string? Username,
    string? DisplayName,
    ProviderTokens Tokens
)
{
    internal bool ProvesEmail => Email is not null && EmailVerified;
}

/// <summary>The provider's tokens, kept sealed.</summary>
internal sealed record ProviderTokens(string AccessToken, string? RefreshToken, DateTime? ExpiresAt, string? Scope);

/// <summary>
/// A provider that does not answer, or not as it may. The reason is in our own words: it goes into the log.
/// </summary>
internal sealed class ProviderFault(Error error, string reason) : Exception(reason)
{
    internal Error Error { get; } = error;
}
