using System.Text.Json.Serialization;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Auth.Passkeys;

/// <summary>Adds the passkey that the browser made. Whatever comes of it, its challenge is spent.</summary>
internal sealed class AddPasskey(RelyingParty party, PostgresSource postgres) : Slice<AddPasskey.Request, Passkey>
{
    private const int TransportsMax = 8,
        TransportCharsMax = 32;

    internal sealed record Request(string? Name, PasskeyWire.NewCredential? Credential);

    public override void Configure()
    {
        Post("/passkeys");
        Group<AuthGroup>();
        Description(route =>
            route
                .Requires(AccountSecure)
                .Described(
                    "Add a passkey",
                    Passkey.Example,
                    new Request("Laptop", PasskeyWire.NewExample),
                    StatusCodes.Status201Created,
                    Errors.Validation,
                    AuthErrors.SessionEnded,
                    AuthErrors.PasskeyChallengeInvalid,
                    AuthErrors.PasskeyInvalid,
                    AuthErrors.PasskeyTaken,
                    AuthErrors.TooManyPasskeys
                )
        );
    }

    public override async Task<Answer<Passkey>> ExecuteAsync(Request request, CancellationToken ct)
    {
        List<FieldError> faults = [];
        var name = string.IsNullOrWhiteSpace(request.Name) ? Passkey.DefaultName : request.Name.Trim();
        if (name.Length > Passkey.NameCharsMax)
            faults.Add(Passkey.NameFault);
        if (request.Credential?.Type is not "public-key")
            faults.Add(
                new FieldError(
                    "credential.type",
                    "NOT_ALLOWED",
                    "credential is what navigator.credentials.create() gave, as toJSON() writes it"
                )
            );
        var clientJson = PasskeyWire.Bytes(
            request.Credential?.Response?.ClientDataJson,
            "credential.response.clientDataJSON",
            faults
        );
        var attestation = PasskeyWire.Bytes(
            request.Credential?.Response?.AttestationObject,
            "credential.response.attestationObject",
            faults
        );
        if (faults.Count > 0)
            return Errors.Validation.With([.. faults]);
        var transports = (request.Credential!.Response!.Transports ?? [])
            .Where(t => t is { Length: > 0 and <= TransportCharsMax })
            .Distinct()
            .Take(TransportsMax)
            .ToArray();

        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        // Held before the challenge, which whoever voids the account's credentials has voided, or will wait for; and of
        // several additions each counts the one before.
        if (await LockedAccount.HoldOf(db, transaction, Caller) is { Error: { } over })
            return over;
        try
        {
            var client = ClientData.Read(clientJson);
            var ticket = await Tickets.Consume(db, transaction, TicketPurpose.PasskeyChallenge, client.Challenge);
            if (ticket?.AccountId != Caller.UserId)
                return AuthErrors.PasskeyChallengeInvalid;
            var made = WebAuthn.VerifyNew(party, client, attestation);
            if (!string.Equals(request.Credential.Id, PasskeyWire.Text(made.Id), StringComparison.Ordinal))
                throw new WebAuthnFaultException("The credential's id is not that of its attestation");
            if (await Insert(db, transaction, Caller.UserId, name, made, transports) is not { } passkey)
                return AuthErrors.TooManyPasskeys;
            await AuditTrail.Write(
                db,
                transaction,
                new AuditEntry(
                    AuditActions.PasskeyAdded,
                    Caller.UserId,
                    Origin.Of(HttpContext),
                    Caller.UserId,
                    $$"""{"passkey":"{{passkey.Id}}"}"""
                )
            );
            await transaction.CommitAsync(CancellationToken.None);
            return Answer<Passkey>.Created(passkey, "The passkey is added", $"/api/v1/auth/passkeys/{passkey.Id}");
        }
        catch (WebAuthnFaultException fault)
        {
            await transaction.CommitAsync(CancellationToken.None);
            return AuthErrors.PasskeyInvalid.Saying($"The passkey cannot be taken: {fault.Message}");
        }
    }

    private static Task<Passkey?> Insert(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Guid accountId,
        string name,
        WebAuthn.NewCredential made,
        string[] transports
    )
    {
        return db.QuerySingleOrDefaultAsync<Passkey>(
            """
            insert into passkey (id, account_id, credential_id, public_key, algorithm, sign_count, name, transports,
              backed_up, backup_eligible)
            select @id, @accountId, @credentialId, @publicKey, @Algorithm, @SignCount, @name, @transports, @BackedUp,
              @BackupEligible
             where (select count(*) from passkey where account_id = @accountId) < @PerAccountMax
            returning id, name, algorithm, transports, backed_up, created_at, last_used_at
            """,
            new
            {
                id = Guid.CreateVersion7(),
                accountId,
                credentialId = new PgValue<byte[]>(made.Id),
                publicKey = new PgValue<byte[]>(made.PublicKey),
                made.Algorithm,
                made.SignCount,
                name,
                transports = new PgValue<string[]>(transports),
                made.BackedUp,
                made.BackupEligible,
                Passkey.PerAccountMax,
            },
            transaction
        );
    }
}

[JsonSerializable(typeof(AddPasskey.Request))]
[JsonSerializable(typeof(Envelope<Passkey>))]
internal sealed partial class AddPasskeyJson : JsonSerializerContext;
