using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.Passkeys;

/// <summary>
/// Judges what a passkey signed. Its challenge is spent by the asking, in the caller's transaction, which it commits
/// whatever comes of it. A sign count that does not go up means that somewhere there is a copy of the authenticator: it
/// is refused and written down. The passkey's account is held before the passkey.
/// </summary>
[HotRead]
internal sealed class PasskeyProof(RelyingParty party)
{
    internal sealed record Row(Guid Id, Guid AccountId, byte[] PublicKey, bool BackupEligible);

    /// <summary>The owner's account, or the error. Where the caller is known, the passkey must be its own.</summary>
    internal async Task<(LockedAccount? Owner, Error? Error)> Prove(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        PasskeyWire.ProvenCredential credential,
        Origin from,
        Guid? callerId = null
    )
    {
        List<FieldError> faults = [];
        var id = PasskeyWire.Bytes(credential.Id, "credential.id", faults);
        var clientJson = PasskeyWire.Bytes(
            credential.Response?.ClientDataJson,
            "credential.response.clientDataJSON",
            faults
        );
        var data = PasskeyWire.Bytes(
            credential.Response?.AuthenticatorData,
            "credential.response.authenticatorData",
            faults
        );
        var signature = PasskeyWire.Bytes(credential.Response?.Signature, "credential.response.signature", faults);
        var handle = PasskeyWire.Bytes(credential.Response?.UserHandle, "credential.response.userHandle", faults);
        if (faults.Count > 0)
            return (null, Errors.Validation.With([.. faults]));

        Row? row = null;
        try
        {
            var client = ClientData.Read(clientJson);
            var credentialId = new PgValue<byte[]>(id);
            var ownerId = await db.ExecuteScalarAsync<Guid?>(
                "select account_id from passkey where credential_id = @credentialId",
                new { credentialId },
                transaction
            );
            // Before the challenge, as a caller's account was; and a caller, who holds their own, waits for no other.
            var owner =
                ownerId is { } known && (callerId ?? known) == known
                    ? await LockedAccount.Hold(db, transaction, known)
                    : null;
            var ticket = await Tickets.Consume(db, transaction, TicketPurpose.PasskeyChallenge, client.Challenge);
            if (ticket is null || ticket.AccountId is not null)
                return (null, AuthErrors.PasskeyChallengeInvalid);
            // Read once more: it may have been removed before the account was held.
            row = await db.QuerySingleOrDefaultAsync<Row>(
                "select id, account_id, public_key, backup_eligible from passkey where credential_id = @credentialId",
                new { credentialId },
                transaction
            );
            if (row is null || owner?.Id != row.AccountId)
                throw new WebAuthnFaultException("unknown passkey");
            if (
                !handle.AsSpan().SequenceEqual(Passkey.HandleOf(row.AccountId))
                || (callerId ?? row.AccountId) != row.AccountId
            )
                throw new WebAuthnFaultException("The passkey is another account's");
            var proof = WebAuthn.VerifyAssertion(
                party,
                CoseKey.Read(row.PublicKey),
                client,
                clientJson,
                data,
                signature
            );
            if (proof.BackupEligible != row.BackupEligible)
                throw new WebAuthnFaultException("The passkey became another kind");
            if (await Count(db, transaction, row.Id, proof))
                return (owner, null);
            await AuditTrail.Write(
                db,
                transaction,
                new AuditEntry(
                    AuditActions.PasskeyCloneSuspected,
                    row.AccountId,
                    from,
                    callerId,
                    $$"""{"passkey":"{{row.Id}}"}"""
                )
            );
            return (null, AuthErrors.PasskeyRefused);
        }
        catch (WebAuthnFaultException fault)
        {
            var detail = new System.Text.Json.Nodes.JsonObject { ["method"] = "passkey", ["cause"] = fault.Message };
            if (callerId is null)
                await AuditTrail.Write(
                    db,
                    transaction,
                    new AuditEntry(AuditActions.SignInFailed, row?.AccountId, from, DetailJson: detail.ToJsonString())
                );
            return (null, AuthErrors.PasskeyRefused);
        }
    }

    /// <summary>Authenticators that do not count say 0 forever; of all others each count is good once.</summary>
    private static async Task<bool> Count(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Guid id,
        WebAuthn.Assertion proof
    ) =>
        await db.ExecuteAsync(
            """
            update passkey set sign_count = @SignCount, backed_up = @BackedUp, last_used_at = now()
             where id = @id and (sign_count < @SignCount or (sign_count = 0 and @SignCount = 0))
            """,
            new
            {
                id,
                proof.SignCount,
                proof.BackedUp,
            },
            transaction
        ) == 1;
}
