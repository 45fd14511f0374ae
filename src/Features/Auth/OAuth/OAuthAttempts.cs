using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Auth.OAuth;

/// <summary>
/// What was begun: with whom, where the browser goes on, what the page there will prove itself by, and for linking the
/// session that asked.
/// </summary>
internal sealed record AttemptDetail(string Provider, string? ReturnTo, string? CodeChallenge, Guid? SessionId);

/// <summary>Where to go with the browser, on the wire.</summary>
internal sealed record OAuthBegun(string AuthorizationUrl) : INeverStored
{
    internal static readonly OAuthBegun Example = new(
        "https://github.com/login/oauth/authorize?response_type=code&client_id=Iv1.8a61f9b3&state=...&code_challenge=...&code_challenge_method=S256"
    );
}

/// <summary>An attempt that came back to the browser that began it.</summary>
internal sealed record Attempt(AttemptDetail Detail, Guid? AccountId, AttemptProofs Proofs);

/// <summary>
/// What an attempt proves itself by. Both are derived from the browser's secret and the state, of which the database
/// has only hashes: it holds nothing by which a stolen code could be redeemed, and neither does the address that goes
/// to the provider.
/// </summary>
internal sealed record AttemptProofs(string CodeVerifier, string Nonce)
{
    internal string CodeChallenge => ChallengeOf(CodeVerifier);

    internal static AttemptProofs Of(string browserSecret, string state) =>
        new(Derive(browserSecret, $"code verifier\n{state}"), Derive(browserSecret, $"nonce\n{state}"));

    /// <summary>S256 of RFC 7636.</summary>
    internal static string ChallengeOf(string verifier) =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));

    private static string Derive(string secret, string use) =>
        Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.ASCII.GetBytes(secret), Encoding.UTF8.GetBytes(use)));
}

/// <summary>
/// Sign-ins and links that are under way at a provider: good once, for ten minutes, in the browser that began them.
/// </summary>
internal sealed class OAuthAttempts(
    PostgresSource postgres,
    Tickets tickets,
    IdentityProviders providers,
    Settings settings
)
{
    private const int StateCharsMax = 100;
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    /// <summary>The address to send the browser to; its secret is set as a cookie of the answer.</summary>
    internal async Task<string> Begin(
        IIdentityProvider provider,
        AttemptDetail detail,
        Guid? accountId,
        HttpContext http,
        CancellationToken ct
    )
    {
        var secret = BrowserSecret.New();
        var draft = new TicketDraft(
            accountId,
            null,
            Lifetime,
            JsonSerializer.Serialize(detail, OAuthTicketJson.Default.AttemptDetail),
            secret
        );
        IssuedTicket ticket;
        await using (var db = await postgres.OpenConnectionAsync(ct))
            ticket = await tickets.Issue(db, null, TicketPurpose.OAuthState, draft);

        var proofs = AttemptProofs.Of(secret, ticket.Token);
        var address = await provider.AuthorizationUrl(
            new AuthorizationAsk(providers.RedirectUri(provider), ticket.Token, proofs.CodeChallenge, proofs.Nonce),
            ct
        );
        BrowserSecret.Keep(http, settings, ticket.Token, secret, Lifetime);
        return address.AbsoluteUri;
    }

    /// <summary>
    /// The attempt, which is over with this. Whoever knows the state without the browser's secret gets nothing and ends
    /// nothing.
    /// </summary>
    internal async Task<Attempt?> Take(
        IIdentityProvider provider,
        string? state,
        HttpContext http,
        CancellationToken ct
    )
    {
        if (
            state is not { Length: > 0 and <= StateCharsMax }
            || BrowserSecret.Of(http, settings, state) is not { } secret
        )
            return null;
        await using var db = await postgres.OpenConnectionAsync(ct);
        if (await Tickets.Peek(db, null, TicketPurpose.OAuthState, state) is not { } ticket || !ticket.IsOf(secret))
            return null;
        var detail = JsonSerializer.Deserialize(ticket.Detail, OAuthTicketJson.Default.AttemptDetail)!;
        if (
            detail.Provider != provider.Name
            || await Tickets.Consume(db, null, TicketPurpose.OAuthState, state) is null
        )
            return null;
        BrowserSecret.Forget(http, settings, state);
        return new Attempt(detail, ticket.AccountId, AttemptProofs.Of(secret, state));
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(AttemptDetail))]
[JsonSerializable(typeof(ExchangeDetail))]
[JsonSerializable(typeof(ProviderTokens))]
internal sealed partial class OAuthTicketJson : JsonSerializerContext;
