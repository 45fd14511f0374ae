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
internal sealed class BeginPasskeyLogin(RelyingParty party, Tickets tickets, PostgresSource postgres, Limits limits)
    : Slice<BeginPasskeyLogin.Response>
{
    internal new sealed record Response(PasskeyWire.RequestOptions PublicKey) : INeverStored;

    public override void Configure()
    {
        Post("/passkeys/login/options");
        Group<AuthGroup>();
        Description(route =>
            route
                .Anonymous()
                .Described(
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
                )
        );
    }

    protected override async Task<Answer<Response>> Execute(CancellationToken ct)
    {
        if (await limits.Refuse(HttpContext, AuthPolicies.Challenge) is { } limited)
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
