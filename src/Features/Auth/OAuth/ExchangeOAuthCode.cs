using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Auth.OAuth;

/// <summary>
/// Turns the code with which a browser came back to a page into the answer of login. Good once, for a minute, for the
/// browser or the page that began.
/// </summary>
internal sealed class ExchangeOAuthCode(PostgresSource postgres, OAuthExchanges exchanges, SignIn signIn)
    : Slice<ExchangeOAuthCode.Request, SignedIn>
{
    internal sealed record Request(string? Code, string? CodeVerifier = null, string? DeviceToken = null);

    public override void Configure()
    {
        Post("/oauth/exchange");
        Group<AuthGroup>();
        Description(route =>
            route
                .Anonymous()
                .Described(
                    "Exchange the code of a sign-in with a provider for tokens",
                    SignedIn.Example,
                    new Request("q0Jg2o5uV4C6c9VYdP8w1A7bS3dF5gH7jK9lZ1xC3vB"),
                    errors: [AuthErrors.OAuthCodeInvalid, AuthErrors.AccountSuspended]
                )
        );
    }

    public override async Task<Answer<SignedIn>> ExecuteAsync(Request request, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        if (await exchanges.Take(db, transaction, request.Code, request.CodeVerifier, HttpContext) is not { } proven)
            return AuthErrors.OAuthCodeInvalid;
        var answer = await signIn.Complete(
            db,
            transaction,
            proven.Account,
            IdentityProviders.MethodOf(proven.Provider),
            HttpContext,
            request.DeviceToken
        );
        await transaction.CommitAsync(CancellationToken.None);
        return answer;
    }
}

[JsonSerializable(typeof(ExchangeOAuthCode.Request))]
internal sealed partial class ExchangeOAuthCodeJson : JsonSerializerContext;
