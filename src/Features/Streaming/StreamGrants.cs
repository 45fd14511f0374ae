using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Streaming;

/// <summary>What a stream URL grants: until when, and by which session; none for a URL that nobody signed in asked for.</summary>
internal readonly record struct StreamGrant(Guid SessionId, int TrackEpoch, int SecondsLeft);

/// <summary>
/// The signed part of a stream URL: who holds it may read one revision of one track until it expires. It stands in the path, so that the
/// relative addresses of playlists carry it on. It ends with the session that asked for it, and when the track's epoch has gone up: it was withdrawn, deleted
/// or closed. Key id (4 bytes), expiry (4, seconds), session (16, zeros for nobody's), epoch (4), MAC (16), base64url.
/// </summary>
internal sealed class StreamGrants(Keyring keyring, Revocations revocations)
{
    private const int KeyIdBytes = 4, ExpiryBytes = 4, SessionBytes = 16, EpochBytes = 4, MacBytes = 16;
    private const int EpochAt = KeyIdBytes + ExpiryBytes + SessionBytes, HeadBytes = EpochAt + EpochBytes, GrantBytes = HeadBytes + MacBytes;
    private const int SignedBytes = HeadBytes + 16 + sizeof(long);

    internal string Sign(Guid trackId, long revision, int trackEpoch, Guid sessionId, DateTime expiresAt)
    {
        var key = KeySet.Signing(keyring.Keys.StreamUrl, keyring.Now);
        Span<byte> grant = stackalloc byte[GrantBytes];
        Convert.FromHexString(key.Id, grant, out _, out _);
        BinaryPrimitives.WriteUInt32BigEndian(grant[KeyIdBytes..], (uint)new DateTimeOffset(expiresAt).ToUnixTimeSeconds());
        sessionId.TryWriteBytes(grant[(KeyIdBytes + ExpiryBytes)..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(grant[EpochAt..], trackEpoch);
        Mac(key.Secret!, grant[..HeadBytes], trackId, revision, grant[HeadBytes..]);
        return Base64Url.EncodeToString(grant);
    }

    /// <summary>Why the grant is refused, or null when it is good for this track and revision now.</summary>
    internal Error? Refuse(string grant, Guid trackId, long revision, out StreamGrant granted)
    {
        granted = default;
        Span<byte> bytes = stackalloc byte[GrantBytes];
        if (grant.Length != Base64Url.GetEncodedLength(GrantBytes) || !Base64Url.TryDecodeFromChars(grant, bytes, out var written) || written != GrantBytes)
            return Errors.StreamSignatureInvalid;
        if (KeySet.Find(keyring.Keys.StreamUrl, Convert.ToHexStringLower(bytes[..KeyIdBytes]), keyring.Now) is not { Secret: { } secret }) return Errors.StreamSignatureInvalid;
        Span<byte> mac = stackalloc byte[MacBytes];
        Mac(secret, bytes[..HeadBytes], trackId, revision, mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, bytes[HeadBytes..])) return Errors.StreamSignatureInvalid;
        var left = BinaryPrimitives.ReadUInt32BigEndian(bytes[KeyIdBytes..]) - new DateTimeOffset(keyring.Now).ToUnixTimeSeconds();
        if (left <= 0) return Errors.StreamUrlExpired;
        var sessionId = new Guid(bytes.Slice(KeyIdBytes + ExpiryBytes, SessionBytes), bigEndian: true);
        granted = new StreamGrant(sessionId, BinaryPrimitives.ReadInt32BigEndian(bytes[EpochAt..]), (int)Math.Min(left, int.MaxValue));
        if (revocations.HasEnded(granted.SessionId)) return Errors.StreamUrlExpired.Saying("The session that asked for this stream URL has ended");
        if (revocations.Refuses(trackId, granted.TrackEpoch)) return Errors.StreamUrlExpired.Saying("The track was withdrawn, deleted or closed since; ask for a new URL");
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
