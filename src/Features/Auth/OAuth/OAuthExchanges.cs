using System.Text.Json;
using Npgsql;
using Veza.Infrastructure.Configuration;

namespace Veza.Features.Auth.OAuth;

/// <summary>How somebody proved who they are, and by what the page that takes over proves itself.</summary>
internal sealed record ExchangeDetail(string Provider, string? CodeChallenge);

/// <summary>
/// The codes by which a page takes over from the browser's way through the provider, because tokens never stand in an
/// address. A code is good once, for a minute, and only for who began: the page that sent a challenge, or else the
/// browser. Otherwise a link with a stranger's code would sign people in as that stranger.
/// </summary>
internal sealed class OAuthExchanges(Tickets tickets, Settings settings)
{
    private const int CodeCharsMax = 100,
        VerifierCharsMin = 43,
        VerifierCharsMax = 128;
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    internal async Task<string> Issue(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Guid accountId,
        AttemptDetail attempt,
        HttpContext http
    )
    {
        var secret = attempt.CodeChallenge is null ? BrowserSecret.New() : null;
        var detail = JsonSerializer.Serialize(
            new ExchangeDetail(attempt.Provider, attempt.CodeChallenge),
            OAuthTicketJson.Default.ExchangeDetail
        );
        var ticket = await tickets.Issue(
            db,
            transaction,
            TicketPurpose.OAuthExchange,
            new TicketDraft(accountId, null, Lifetime, detail, secret)
        );
        if (secret is not null)
            BrowserSecret.Keep(http, settings, ticket.Token, secret, Lifetime);
        return ticket.Token;
    }

    /// <summary>
    /// The account, held, and the provider that it was proven by. A code that somebody else shows is neither taken nor
    /// spent.
    /// </summary>
    internal async Task<(LockedAccount Account, string Provider)?> Take(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        string? code,
        string? verifier,
        HttpContext http
    )
    {
        if (
            code is not { Length: > 0 and <= CodeCharsMax }
            || await Tickets.Peek(db, transaction, TicketPurpose.OAuthExchange, code) is not { } ticket
        )
            return null;
        var detail = JsonSerializer.Deserialize(ticket.Detail, OAuthTicketJson.Default.ExchangeDetail)!;
        var isTheirs = detail.CodeChallenge is { } challenge
            ? verifier is { Length: >= VerifierCharsMin and <= VerifierCharsMax }
                && AttemptProofs.ChallengeOf(verifier) == challenge
            : ticket.IsOf(BrowserSecret.Of(http, settings, code));
        if (
            !isTheirs
            || await LockedAccount.Hold(db, transaction, ticket.AccountId!.Value) is not { } account
            || !await Tickets.Spend(db, transaction, ticket.Id)
        )
            return null;
        BrowserSecret.Forget(http, settings, code);
        return (account, detail.Provider);
    }
}
