using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Auth.Passkeys;

/// <summary>
/// What <c>navigator.credentials.create</c> wants for a new passkey. The challenge is good for five minutes, for this
/// account, once.
/// </summary>
internal sealed class BeginPasskey(RelyingParty party, Tickets tickets, PostgresSource postgres)
    : Slice<BeginPasskey.Response>
{
    private static readonly PasskeyWire.Parameter[] Parameters =
    [
        new("public-key", CoseKey.Es256),
        new("public-key", CoseKey.Rs256),
    ];

    internal new sealed record Response(PasskeyWire.CreationOptions PublicKey) : INeverStored;

    internal sealed record Owner(string Username, string DisplayName);

    internal sealed record Known(byte[] CredentialId, string[] Transports);

    public override void Configure()
    {
        Post("/passkeys/options");
        Group<AuthGroup>();
        Description(route =>
            route
                .Requires(AccountSecure)
                .Fresh()
                .Described(
                    "Begin to add a passkey",
                    new Response(
                        new PasskeyWire.CreationOptions(
                            new("veza.example", RelyingParty.Name),
                            new("AZsMXoowfBGdPl8NTBorPA", "mira", "Mira"),
                            "pYw0b7q9m2s4u6x8z1c3v5n7a9d1f3h5j7l9o1q3s5U",
                            Parameters,
                            300_000,
                            [],
                            PasskeyWire.Discoverable,
                            "none"
                        )
                    ),
                    errors: [AuthErrors.TooManyPasskeys]
                )
        );
    }

    protected override async Task<Answer<Response>> Execute(CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var owner = await db.QuerySingleOrDefaultAsync<Owner>(
            "select username, display_name from account where id = @UserId",
            new { Caller.UserId }
        );
        if (owner is null)
            return Errors.TokenInvalid;
        var known = await db.QueryAsync<Known>(
            "select credential_id, transports from passkey where account_id = @UserId",
            new { Caller.UserId }
        );
        var exclude = known
            .Select(k => new PasskeyWire.Descriptor("public-key", PasskeyWire.Text(k.CredentialId), k.Transports))
            .ToArray();
        if (exclude.Length >= Passkey.PerAccountMax)
            return AuthErrors.TooManyPasskeys;
        var challenge = await tickets.Issue(
            db,
            null,
            TicketPurpose.PasskeyChallenge,
            new TicketDraft(Caller.UserId, null, Passkey.ChallengeLifetime)
        );
        return new Response(
            new PasskeyWire.CreationOptions(
                new PasskeyWire.Party(party.Id, RelyingParty.Name),
                new PasskeyWire.User(
                    PasskeyWire.Text(Passkey.HandleOf(Caller.UserId)),
                    owner.Username,
                    owner.DisplayName
                ),
                challenge.Token,
                Parameters,
                (long)Passkey.ChallengeLifetime.TotalMilliseconds,
                exclude,
                PasskeyWire.Discoverable,
                "none"
            )
        );
    }
}

[JsonSerializable(typeof(Envelope<BeginPasskey.Response>))]
internal sealed partial class BeginPasskeyJson : JsonSerializerContext;
