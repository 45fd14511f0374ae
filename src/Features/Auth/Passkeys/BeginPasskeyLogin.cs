using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.Passkeys;

/// <summary>
/// What <c>navigator.credentials.get</c> wants to sign in, or to step up. It names no credential, so it says nothing of
/// who has an account here.
/// </summary>
internal static class BeginPasskeyLogin
{
    internal sealed record Response(PasskeyWire.RequestOptions PublicKey) : INeverStored;

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/api/v1/auth/passkeys/login/options", Handle)
            .WithName("BeginPasskeyLogin")
            .Anonymous()
            .Documented(
                "Auth",
                "Begin to sign in with a passkey",
                new Response(
                    new PasskeyWire.RequestOptions(
                        "pYw0b7q9m2s4u6x8z1c3v5n7a9d1f3h5j7l9o1q3s5U",
                        300_000,
                        "veza.example",
                        [],
                        "required"
                    )
                ),
                errors: [Errors.RateLimited]
            );

    private static async Task<Answer<Response>> Handle(
        RelyingParty party,
        Tickets tickets,
        PostgresSource postgres,
        Limits limits,
        HttpContext http,
        CancellationToken ct
    )
    {
        if (await limits.Refuse(http, AuthPolicies.Challenge) is { } limited)
            return limited;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var challenge = await tickets.Issue(
            db,
            null,
            TicketPurpose.PasskeyChallenge,
            new TicketDraft(null, null, Passkey.ChallengeLifetime)
        );
        return new Response(
            new PasskeyWire.RequestOptions(
                challenge.Token,
                (long)Passkey.ChallengeLifetime.TotalMilliseconds,
                party.Id,
                [],
                "required"
            )
        );
    }
}

[JsonSerializable(typeof(Envelope<BeginPasskeyLogin.Response>))]
internal sealed partial class BeginPasskeyLoginJson : JsonSerializerContext;
