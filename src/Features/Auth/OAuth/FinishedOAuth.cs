using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.OAuth;

/// <summary>
/// What a proven identity comes to: a session, a code for the page that takes over, or a link to the account that
/// asked.
/// </summary>
internal sealed class FinishedOAuth(
    PostgresSource postgres,
    Identities identities,
    OAuthExchanges exchanges,
    SignIn signIn,
    Limits limits
)
{
    internal async Task<IResult> Finish(
        IIdentityProvider provider,
        ProvenIdentity proven,
        Attempt attempt,
        HttpContext http,
        CancellationToken ct
    )
    {
        var from = Origin.Of(http);
        var isLink = attempt is { AccountId: not null, Detail.SessionId: not null };
        // Asked before a transaction is begun: nothing is held while Redis is asked.
        if (
            !isLink
            && await WouldMake(provider, proven, ct)
            && await limits.Refuse(http, AuthPolicies.Register) is { } tooMany
        )
            return Fail(attempt, tooMany);
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        if (attempt is { AccountId: { } linking, Detail.SessionId: { } sessionId })
        {
            if (
                await identities.Link(db, transaction, provider, proven, linking, sessionId, from.In(sessionId)) is
                { } refused
            )
                return Fail(attempt, refused);
            await transaction.CommitAsync(CancellationToken.None);
            return attempt.Detail.ReturnTo is { } page
                ? new Onward($"{page}#linked={provider.Name}")
                : Answer<Nothing>.Of(Nothing.Value, $"{provider.Title} is linked");
        }

        var (account, error) = await identities.Resolve(db, transaction, provider, proven, http);
        if (error is not null)
        {
            // What was refused is in the audit trail.
            await transaction.CommitAsync(CancellationToken.None);
            return Fail(attempt, error);
        }

        IResult answer = attempt.Detail.ReturnTo is { } next
            ? new Onward($"{next}#code={await exchanges.Issue(db, transaction, account!.Id, attempt.Detail, http)}")
            : await signIn.Complete(db, transaction, account!, IdentityProviders.MethodOf(provider.Name), http);
        await transaction.CommitAsync(CancellationToken.None);
        return answer;
    }

    private async Task<bool> WouldMake(IIdentityProvider provider, ProvenIdentity proven, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await Identities.WouldMake(db, provider, proven);
    }

    /// <summary>Told to the page where there is one: only there can the person read it.</summary>
    internal static IResult Fail(Attempt attempt, Error error) =>
        attempt.Detail.ReturnTo is { } page ? new Onward($"{page}#error={error.Code}") : (Answer<SignedIn>)error;
}
