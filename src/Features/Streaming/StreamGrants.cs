using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Streaming;

/// <summary>
/// The signed part of a stream URL: who holds it may read one revision of one track until it expires. It stands in the path, so that the
/// relative addresses of playlists carry it on. Key id (4 bytes), expiry (4, seconds), MAC (16), base64url.
/// </summary>
internal sealed class StreamGrants(Keyring keyring)
{
    private const int KeyIdBytes = 4, ExpiryBytes = 4, HeadBytes = KeyIdBytes + ExpiryBytes, MacBytes = 16, GrantBytes = HeadBytes + MacBytes;
    private const int SignedBytes = HeadBytes + 16 + sizeof(long);

    internal string Sign(Guid trackId, long revision, DateTime expiresAt)
    {
        var key = KeySet.Signing(keyring.Keys.StreamUrl, keyring.Now);
        Span<byte> grant = stackalloc byte[GrantBytes];
        Convert.FromHexString(key.Id, grant, out _, out _);
        BinaryPrimitives.WriteUInt32BigEndian(grant[KeyIdBytes..], (uint)new DateTimeOffset(expiresAt).ToUnixTimeSeconds());
        Mac(key.Secret!, grant[..HeadBytes], trackId, revision, grant[HeadBytes..]);
        return Base64Url.EncodeToString(grant);
    }

    /// <summary>Why the grant is refused, or null when it is good for this track and revision now.</summary>
    internal Error? Refuse(string grant, Guid trackId, long revision, out int secondsLeft)
    {
        secondsLeft = 0;
        Span<byte> bytes = stackalloc byte[GrantBytes];
        if (grant.Length != Base64Url.GetEncodedLength(GrantBytes) || !Base64Url.TryDecodeFromChars(grant, bytes, out var written) || written != GrantBytes)
            return Errors.StreamSignatureInvalid;
        if (KeySet.Find(keyring.Keys.StreamUrl, Convert.ToHexStringLower(bytes[..KeyIdBytes]), keyring.Now) is not { Secret: { } secret }) return Errors.StreamSignatureInvalid;
        Span<byte> mac = stackalloc byte[MacBytes];
        Mac(secret, bytes[..HeadBytes], trackId, revision, mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, bytes[HeadBytes..])) return Errors.StreamSignatureInvalid;
        var left = BinaryPrimitives.ReadUInt32BigEndian(bytes[KeyIdBytes..]) - new DateTimeOffset(keyring.Now).ToUnixTimeSeconds();
        if (left <= 0) return Errors.StreamUrlExpired;
        secondsLeft = (int)Math.Min(left, int.MaxValue);
        return null;
    }

    private static void Mac(byte[] secret, ReadOnlySpan<byte> head, Guid trackId, long revision, Span<byte> mac)
    {
        Span<byte> signed = stackalloc byte[SignedBytes];
        head.CopyTo(signed);
        trackId.TryWriteBytes(signed[HeadBytes..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(signed[(HeadBytes + 16)..], revision);
        Span<byte> whole = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(secret, signed, whole);
        whole[..MacBytes].CopyTo(mac);
    }
}
