using System.Buffers.Binary;
using System.Formats.Cbor;

namespace Veza.Infrastructure.Security;

/// <summary>
/// What an authenticator says of a ceremony (WebAuthn, section 6.1), read to its last byte: nothing may follow that
/// nobody looked at.
/// </summary>
internal sealed record AuthenticatorData(
    byte[] RelyingPartyIdHash,
    bool UserPresent,
    bool UserVerified,
    bool BackupEligible,
    bool BackedUp,
    uint SignCount,
    AttestedCredential? Attested
)
{
    private const int HashBytes = 32,
        HeadBytes = HashBytes + 1 + sizeof(uint),
        AaguidBytes = 16,
        CredentialIdBytesMax = 1023;
    private const byte UserPresentFlag = 0x01,
        UserVerifiedFlag = 0x04,
        BackupEligibleFlag = 0x08,
        BackedUpFlag = 0x10,
        AttestedFlag = 0x40,
        ExtensionsFlag = 0x80;

    internal static AuthenticatorData Read(ReadOnlyMemory<byte> bytes)
    {
        if (bytes.Length < HeadBytes)
            throw new WebAuthnFaultException("The authenticator data is too short");
        var flags = bytes.Span[HashBytes];
        var rest = bytes[HeadBytes..];
        var attested = (flags & AttestedFlag) != 0 ? ReadAttested(ref rest) : null;
        if ((flags & ExtensionsFlag) != 0)
            SkipExtensions(ref rest);
        if (!rest.IsEmpty)
            throw new WebAuthnFaultException("Something follows the authenticator data");
        return new AuthenticatorData(
            bytes[..HashBytes].ToArray(),
            (flags & UserPresentFlag) != 0,
            (flags & UserVerifiedFlag) != 0,
            (flags & BackupEligibleFlag) != 0,
            (flags & BackedUpFlag) != 0,
            BinaryPrimitives.ReadUInt32BigEndian(bytes.Span[(HashBytes + 1)..]),
            attested
        );
    }

    private static AttestedCredential ReadAttested(ref ReadOnlyMemory<byte> rest)
    {
        if (rest.Length < AaguidBytes + sizeof(ushort))
            throw new WebAuthnFaultException("The credential in the authenticator data is too short");
        var idBytes = BinaryPrimitives.ReadUInt16BigEndian(rest.Span[AaguidBytes..]);
        rest = rest[(AaguidBytes + sizeof(ushort))..];
        if (idBytes is 0 or > CredentialIdBytesMax || rest.Length <= idBytes)
            throw new WebAuthnFaultException("The credential id has an impossible length");
        var id = rest[..idBytes].ToArray();
        rest = rest[idBytes..];
        var key = CoseKey.Read(rest, out var keyBytes);
        var encoded = rest[..keyBytes].ToArray();
        rest = rest[keyBytes..];
        return new AttestedCredential(id, encoded, key);
    }

    private static void SkipExtensions(ref ReadOnlyMemory<byte> rest)
    {
        var reader = new CborReader(rest, CborConformanceMode.Strict, allowMultipleRootLevelValues: true);
        try
        {
            if (reader.PeekState() != CborReaderState.StartMap)
                throw new WebAuthnFaultException("The extensions are not a map");
            reader.SkipValue();
        }
        catch (Exception e) when (e is CborContentException or InvalidOperationException)
        {
            throw new WebAuthnFaultException("The extensions are not CBOR", e);
        }

        rest = rest[^reader.BytesRemaining..];
    }
}

/// <summary>A credential that was just made: its id, and its public key as it was written and as it is used.</summary>
internal sealed record AttestedCredential(byte[] Id, byte[] EncodedKey, CoseKey Key);
