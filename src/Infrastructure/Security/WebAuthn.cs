using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Text;
using Veza.Infrastructure.Configuration;

namespace Veza.Infrastructure.Security;

/// <summary>
/// Whom passkeys are made for: the public URL's host, on the pages of its origin and of those that the operator adds.
/// </summary>
internal sealed class RelyingParty(Settings settings)
{
    internal const string Name = "Veza";
    private readonly byte[] idHash = SHA256.HashData(Encoding.UTF8.GetBytes(settings.PublicUrl.Host));
    private readonly HashSet<string> origins =
    [
        settings.PublicUrl.GetLeftPart(UriPartial.Authority),
        .. settings.Http.Origins,
    ];

    internal string Id { get; } = settings.PublicUrl.Host;

    internal bool Owns(ReadOnlySpan<byte> hash) => hash.SequenceEqual(idHash);

    internal bool ServesFrom(string origin) => origins.Contains(origin);
}

/// <summary>
/// The two ceremonies of WebAuthn as a relying party checks them (level 3, sections 7.1 and 7.2), for discoverable
/// credentials with user verification. The challenge is the caller's to spend. Attestation statements are asked for as
/// "none" and never believed, so they are not looked at.
/// </summary>
internal static class WebAuthn
{
    private const string CreateType = "webauthn.create",
        AssertType = "webauthn.get";
    private const int AttestationEntriesMax = 8;

    /// <summary>A credential as it was just made, with what must hold at every later sign-in.</summary>
    internal sealed record NewCredential(
        byte[] Id,
        byte[] PublicKey,
        int Algorithm,
        long SignCount,
        bool BackupEligible,
        bool BackedUp
    );

    internal sealed record Assertion(long SignCount, bool BackupEligible, bool BackedUp);

    internal static NewCredential VerifyNew(
        RelyingParty party,
        ClientData client,
        ReadOnlyMemory<byte> attestationObject
    )
    {
        Check(party, client, CreateType);
        var data = AuthenticatorData.Read(ReadAttestation(attestationObject));
        Check(party, data);
        var made = data.Attested ?? throw new WebAuthnFaultException("The authenticator data has no credential in it");
        return new NewCredential(
            made.Id,
            made.EncodedKey,
            made.Key.Algorithm,
            data.SignCount,
            data.BackupEligible,
            data.BackedUp
        );
    }

    internal static Assertion VerifyAssertion(
        RelyingParty party,
        CoseKey key,
        ClientData client,
        ReadOnlySpan<byte> clientJson,
        ReadOnlyMemory<byte> authenticatorData,
        ReadOnlySpan<byte> signature
    )
    {
        Check(party, client, AssertType);
        var data = AuthenticatorData.Read(authenticatorData);
        Check(party, data);
        Span<byte> clientHash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(clientJson, clientHash);
        byte[] signed = [.. authenticatorData.Span, .. clientHash];
        if (!key.Verifies(signed, signature))
            throw new WebAuthnFaultException("The signature does not hold");
        return new Assertion(data.SignCount, data.BackupEligible, data.BackedUp);
    }

    private static void Check(RelyingParty party, ClientData client, string type)
    {
        if (client.Type != type)
            throw new WebAuthnFaultException($"The client data is of another ceremony than {type}");
        if (!party.ServesFrom(client.Origin))
            throw new WebAuthnFaultException("The ceremony was held on a page of another origin");
        if (client.CrossOrigin)
            throw new WebAuthnFaultException("The ceremony was held inside a page of another origin");
    }

    private static void Check(RelyingParty party, AuthenticatorData data)
    {
        if (!party.Owns(data.RelyingPartyIdHash))
            throw new WebAuthnFaultException("The passkey is another relying party's");
        if (!data.UserPresent)
            throw new WebAuthnFaultException("The user was not present");
        if (!data.UserVerified)
            throw new WebAuthnFaultException("The user was not verified");
        if (data.BackedUp && !data.BackupEligible)
            throw new WebAuthnFaultException("The passkey is backed up and cannot be");
    }

    /// <summary>
    /// The authenticator data in an attestation object; its other entries are read past, but must be well-formed.
    /// </summary>
    private static byte[] ReadAttestation(ReadOnlyMemory<byte> encoded)
    {
        byte[]? data = null;
        string? format = null;
        try
        {
            var reader = new CborReader(encoded, CborConformanceMode.Strict);
            if (reader.ReadStartMap() is null or > AttestationEntriesMax)
                throw new WebAuthnFaultException("The attestation object is not a short map");
            while (reader.PeekState() != CborReaderState.EndMap)
            {
                switch (reader.ReadTextString())
                {
                    case "fmt":
                        format = reader.ReadTextString();
                        break;
                    case "authData":
                        data = reader.ReadByteString();
                        break;
                    default:
                        reader.SkipValue();
                        break;
                }
            }

            reader.ReadEndMap();
            if (reader.BytesRemaining != 0)
                throw new WebAuthnFaultException("Something follows the attestation object");
        }
        catch (Exception e) when (e is CborContentException or InvalidOperationException)
        {
            throw new WebAuthnFaultException("The attestation object is not CBOR", e);
        }

        return format is not null && data is not null
            ? data
            : throw new WebAuthnFaultException("The attestation object lacks its format or its data");
    }
}
