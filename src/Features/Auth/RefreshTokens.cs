using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>
/// A refresh token is the session's id, the count of its rotations and a MAC over both: the database keeps the count
/// alone, so there is nothing in it to steal, and the current token can be given again to a client whose answer was
/// lost.
/// </summary>
internal sealed class RefreshTokens(Keyring keyring)
{
    private const int KeyIdBytes = 4,
        PayloadBytes = 16 + sizeof(int),
        MacBytes = 16,
        TokenBytes = KeyIdBytes + PayloadBytes + MacBytes;

    /// <summary>A parsed and authentic refresh token, which may still be spent or its session ended.</summary>
    internal readonly record struct Parsed(Guid SessionId, int Rotation);

    internal Parsed? Read(string token)
    {
        Span<byte> bytes = stackalloc byte[TokenBytes];
        if (
            token.Length != Base64Url.GetEncodedLength(TokenBytes)
            || !Base64Url.IsValid(token)
            || !Base64Url.TryDecodeFromChars(token, bytes, out var written)
            || written != TokenBytes
        )
            return null;
        var keyId = Convert.ToHexStringLower(bytes[..KeyIdBytes]);
        if (KeySet.Find(keyring.Keys.RefreshToken, keyId, keyring.Now) is not { Secret: { } secret })
            return null;
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(secret, bytes[..(KeyIdBytes + PayloadBytes)], mac);
        if (!CryptographicOperations.FixedTimeEquals(mac[..MacBytes], bytes[(KeyIdBytes + PayloadBytes)..]))
            return null;
        return new Parsed(
            new Guid(bytes.Slice(KeyIdBytes, 16), bigEndian: true),
            BinaryPrimitives.ReadInt32BigEndian(bytes[(KeyIdBytes + 16)..])
        );
    }

    internal string Write(Guid sessionId, int rotation)
    {
        var key = KeySet.Signing(keyring.Keys.RefreshToken, keyring.Now);
        Span<byte> bytes = stackalloc byte[TokenBytes];
        Convert.FromHexString(key.Id, bytes, out _, out _);
        sessionId.TryWriteBytes(bytes[KeyIdBytes..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(bytes[(KeyIdBytes + 16)..], rotation);
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key.Secret!, bytes[..(KeyIdBytes + PayloadBytes)], mac);
        mac[..MacBytes].CopyTo(bytes[(KeyIdBytes + PayloadBytes)..]);
        return Base64Url.EncodeToString(bytes);
    }
}
