using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Auth.OAuth;

/// <summary>
/// Turns the code with which a browser came back to a page into the answer of login. Good once, for a minute, for the
/// browser or the page that began.
/// </summary>
internal static class ExchangeOAuthCode
{
    internal sealed record Request(string? Code, string? CodeVerifier = null, string? DeviceToken = null);

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/api/v1/auth/oauth/exchange", Handle)
            .WithName("ExchangeOAuthCode")
            .Anonymous()
            .Documented(
                "Auth",
                "Exchange the code of a sign-in with a provider for tokens",
                SignedIn.Example,
                new Request("q0Jg2o5uV4C6c9VYdP8w1A7bS3dF5gH7jK9lZ1xC3vB"),
                errors: [AuthErrors.OAuthCodeInvalid, AuthErrors.AccountSuspended]
            );

    private static async Task<Answer<SignedIn>> Handle(
        Request request,
        PostgresSource postgres,
        OAuthExchanges exchanges,
        SignIn signIn,
        HttpContext http,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        if (await exchanges.Take(db, transaction, request.Code, request.CodeVerifier, http) is not { } proven)
            return AuthErrors.OAuthCodeInvalid;
        var answer = await signIn.Complete(
            db,
            transaction,
            proven.Account,
            IdentityProviders.MethodOf(proven.Provider),
            http,
            request.DeviceToken
        );
        await transaction.CommitAsync(CancellationToken.None);
        return answer;
    }
}

[JsonSerializable(typeof(ExchangeOAuthCode.Request))]
internal sealed partial class ExchangeOAuthCodeJson : JsonSerializerContext;
