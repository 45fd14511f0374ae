using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Veza.Infrastructure.Security;

/// <summary>
/// Keeps what must be read again (seeds, provider tokens) and what is too short to be hashed (codes) in the database:
/// AES-256-GCM and HMAC under the ring's data keys. The key's id stands in front, so a rotation leaves older values
/// readable; the context binds a value to its place.
/// </summary>
internal sealed class Secrets(Keyring keyring)
{
    private const int KeyIdBytes = 4,
        NonceBytes = 12,
        TagBytes = 16,
        HeadBytes = KeyIdBytes + NonceBytes + TagBytes,
        MacBytes = 32;

    internal byte[] Seal(ReadOnlySpan<byte> secret, string context)
    {
        var key = KeySet.Signing(keyring.Keys.Data, keyring.Now);
        var sealedBytes = new byte[HeadBytes + secret.Length];
        Convert.FromHexString(key.Id, sealedBytes, out _, out _);
        var nonce = sealedBytes.AsSpan(KeyIdBytes, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(Derived(key, "seal"), TagBytes);
        aes.Encrypt(
            nonce,
            secret,
            sealedBytes.AsSpan(HeadBytes),
            sealedBytes.AsSpan(KeyIdBytes + NonceBytes, TagBytes),
            Encoding.UTF8.GetBytes(context)
        );
        return sealedBytes;
    }

    internal byte[] Open(ReadOnlySpan<byte> sealedBytes, string context)
    {
        if (sealedBytes.Length < HeadBytes)
            throw new CryptographicException("The sealed value is cut.");
        using var aes = new AesGcm(Derived(KeyOf(sealedBytes), "seal"), TagBytes);
        var secret = new byte[sealedBytes.Length - HeadBytes];
        aes.Decrypt(
            sealedBytes.Slice(KeyIdBytes, NonceBytes),
            sealedBytes[HeadBytes..],
            sealedBytes.Slice(KeyIdBytes + NonceBytes, TagBytes),
            secret,
            Encoding.UTF8.GetBytes(context)
        );
        return secret;
    }

    /// <summary>Whether it was sealed by the key that seals now.</summary>
    internal bool IsNewest(ReadOnlySpan<byte> sealedBytes) =>
        sealedBytes.Length >= KeyIdBytes
        && Convert.ToHexStringLower(sealedBytes[..KeyIdBytes]) == KeySet.Signing(keyring.Keys.Data, keyring.Now).Id;

    /// <summary>A MAC of a short code: without the key, trying all codes against the database tells nothing.</summary>
    internal byte[] Mac(string text, string context)
    {
        var key = KeySet.Signing(keyring.Keys.Data, keyring.Now);
        var mac = new byte[KeyIdBytes + MacBytes];
        Convert.FromHexString(key.Id, mac, out _, out _);
        Mac(key, text, context, mac.AsSpan(KeyIdBytes));
        return mac;
    }

    internal bool Matches(ReadOnlySpan<byte> mac, string text, string context)
    {
        if (mac.Length != KeyIdBytes + MacBytes)
            return false;
        Span<byte> again = stackalloc byte[MacBytes];
        Mac(KeyOf(mac), text, context, again);
        return CryptographicOperations.FixedTimeEquals(again, mac[KeyIdBytes..]);
    }

    private RingKey KeyOf(ReadOnlySpan<byte> value) =>
        KeySet.Find(keyring.Keys.Data, Convert.ToHexStringLower(value[..KeyIdBytes]), keyring.Now)
        ?? throw new CryptographicException("The value was sealed by a key that is gone.");

    private static void Mac(RingKey key, string text, string context, Span<byte> mac) =>
        HMACSHA256.HashData(Derived(key, "mac"), Encoding.UTF8.GetBytes($"{context}\n{text}"), mac);

    /// <summary>One key of the ring serves two purposes by two derived keys.</summary>
    private static byte[] Derived(RingKey key, string purpose) =>
        HKDF.Expand(HashAlgorithmName.SHA256, key.Secret!, MacBytes, Encoding.ASCII.GetBytes(purpose));
}

/// <summary>Long random tokens that are given once and kept as a hash.</summary>
internal static class OneTime
{
    private const int TokenBytes = 32;

    internal static string NewToken() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));

    internal static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));
}
