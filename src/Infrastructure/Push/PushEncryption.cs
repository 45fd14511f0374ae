using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace Veza.Infrastructure.Push;

/// <summary>
/// The keys of a browser's subscription: its point on P-256, and the secret by which a push is known to come from
/// whoever it was given to.
/// </summary>
internal sealed record PushKeys(byte[] P256dh, byte[] Auth)
{
    internal const int PointBytes = 65,
        AuthBytes = 16;
    private const int CoordinateBytes = 32;
    private const byte Uncompressed = 4;

    /// <summary>From base64url, or null where it is no such key: not on the curve, or of another length.</summary>
    internal static PushKeys? Read(string? p256dh, string? auth)
    {
        if (
            Decode(p256dh, PointBytes) is not { } point
            || Decode(auth, AuthBytes) is not { } secret
            || point[0] != Uncompressed
        )
            return null;
        try
        {
            using var key = PublicKey(point);
            return new PushKeys(point, secret);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Says nothing: these are secrets.</summary>
    public override string ToString() => nameof(PushKeys);

    internal static ECDiffieHellman PublicKey(byte[] point) =>
        ECDiffieHellman.Create(
            new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint { X = point[1..(1 + CoordinateBytes)], Y = point[(1 + CoordinateBytes)..] },
            }
        );

    /// <summary>A point in its uncompressed form.</summary>
    internal static byte[] PointOf(ECParameters key) => [Uncompressed, .. key.Q.X!, .. key.Q.Y!];

    private static byte[]? Decode(string? text, int length) =>
        text is not null && text.Length <= length * 2 && Base64Url.IsValid(text, out var bytes) && bytes == length
            ? Base64Url.DecodeFromChars(text)
            : null;
}

/// <summary>
/// Encrypts a push for one subscription: RFC 8291, with the content coding aes128gcm of RFC 8188 in a single record.
/// </summary>
internal static class PushEncryption
{
    internal const int PlaintextBytesMax = 3072;
    private const int SaltBytes = 16,
        KeyBytes = 16,
        NonceBytes = 12,
        TagBytes = 16,
        SecretBytes = 32,
        RecordBytes = 4096;
    private const int HeaderBytes = SaltBytes + sizeof(int) + 1 + PushKeys.PointBytes;
    private const byte LastRecord = 2;

    internal static byte[] Encrypt(PushKeys keys, ReadOnlySpan<byte> plaintext)
    {
        using var sender = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        return Encrypt(keys, plaintext, sender, RandomNumberGenerator.GetBytes(SaltBytes));
    }

    /// <summary>
    /// With a sender's key and a salt that are given: for the example of the RFC. Both are new for each push.
    /// </summary>
    internal static byte[] Encrypt(PushKeys keys, ReadOnlySpan<byte> plaintext, ECDiffieHellman sender, byte[] salt)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(plaintext.Length, PlaintextBytesMax);
        var senderPoint = PushKeys.PointOf(sender.ExportParameters(includePrivateParameters: false));
        using var receiver = PushKeys.PublicKey(keys.P256dh);
        var shared = sender.DeriveRawSecretAgreement(receiver.PublicKey);
        var secret = HKDF.DeriveKey(
            HashAlgorithmName.SHA256,
            shared,
            SecretBytes,
            keys.Auth,
            [.. "WebPush: info\0"u8, .. keys.P256dh, .. senderPoint]
        );
        var key = HKDF.DeriveKey(
            HashAlgorithmName.SHA256,
            secret,
            KeyBytes,
            salt,
            "Content-Encoding: aes128gcm\0"u8.ToArray()
        );
        var nonce = HKDF.DeriveKey(
            HashAlgorithmName.SHA256,
            secret,
            NonceBytes,
            salt,
            "Content-Encoding: nonce\0"u8.ToArray()
        );

        var body = new byte[HeaderBytes + plaintext.Length + 1 + TagBytes];
        salt.CopyTo(body, 0);
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(SaltBytes), RecordBytes);
        body[SaltBytes + sizeof(int)] = PushKeys.PointBytes;
        senderPoint.CopyTo(body, SaltBytes + sizeof(int) + 1);
        byte[] record = [.. plaintext, LastRecord];
        using var aes = new AesGcm(key, TagBytes);
        aes.Encrypt(nonce, record, body.AsSpan(HeaderBytes, record.Length), body.AsSpan(HeaderBytes + record.Length));
        CryptographicOperations.ZeroMemory(shared);
        CryptographicOperations.ZeroMemory(key);
        return body;
    }
}
