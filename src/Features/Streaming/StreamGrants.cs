using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Streaming;

/// <summary>
/// What whoever holds a stream URL may hear: all of it, or a preview from a time on; as long as the session that asked
/// goes on (none for a URL that nobody signed in asked for) and the track's epoch is not over: it goes up when the
/// track is withdrawn, deleted or closed. The gain and the peak are for players, which get them in every answer.
/// </summary>
internal readonly record struct StreamTerms(
    Guid SessionId,
    int? PreviewFromMs = null,
    double? GainDb = null,
    double? PeakDbtp = null,
    int TrackEpoch = 0
);

/// <summary>A grant that is good now.</summary>
internal readonly record struct StreamGrant(StreamTerms Terms, int SecondsLeft);

/// <summary>
/// The signed part of a stream URL: who holds it may read one revision of one track until it expires. It stands in the
/// path, so that the relative addresses of playlists carry it on. It ends with the session that asked for it, or with
/// the track's epoch. Key id (4 bytes), expiry (4, seconds), session (16, zeros for nobody's), epoch (4), preview (4,
/// its beginning in ms), gain and peak (2 each, hundredths of a dB), MAC (16), base64url.
/// </summary>
internal sealed class StreamGrants(Keyring keyring, Revocations revocations)
{
    private const int KeyIdBytes = 4,
        ExpiryBytes = 4,
        SessionBytes = 16,
        EpochBytes = 4,
        PreviewBytes = 4,
        LevelBytes = 2,
        MacBytes = 16;
    private const int SessionAt = KeyIdBytes + ExpiryBytes,
        EpochAt = SessionAt + SessionBytes,
        PreviewAt = EpochAt + EpochBytes;
    private const int GainAt = PreviewAt + PreviewBytes,
        PeakAt = GainAt + LevelBytes,
        HeadBytes = PeakAt + LevelBytes;
    private const int GrantBytes = HeadBytes + MacBytes,
        SignedBytes = HeadBytes + 16 + sizeof(long);
    private const int HearsAll = -1;
    private const short NoLevel = short.MinValue;

    internal string Sign(Guid trackId, long revision, StreamTerms terms, DateTime expiresAt)
    {
        var key = KeySet.Signing(keyring.Keys.StreamUrl, keyring.Now);
        Span<byte> grant = stackalloc byte[GrantBytes];
        Convert.FromHexString(key.Id, grant, out _, out _);
        BinaryPrimitives.WriteUInt32BigEndian(
            grant[KeyIdBytes..],
            (uint)new DateTimeOffset(expiresAt).ToUnixTimeSeconds()
        );
        terms.SessionId.TryWriteBytes(grant[SessionAt..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(grant[EpochAt..], terms.TrackEpoch);
        BinaryPrimitives.WriteInt32BigEndian(grant[PreviewAt..], terms.PreviewFromMs ?? HearsAll);
        WriteLevel(grant[GainAt..], terms.GainDb);
        WriteLevel(grant[PeakAt..], terms.PeakDbtp);
        Mac(key.Secret!, grant[..HeadBytes], trackId, revision, grant[HeadBytes..]);
        return Base64Url.EncodeToString(grant);
    }

    /// <summary>Why the grant is refused, or null when it is good for this track and revision now.</summary>
    internal Error? Refuse(string grant, Guid trackId, long revision, out StreamGrant granted)
    {
        granted = default;
        Span<byte> bytes = stackalloc byte[GrantBytes];
        if (
            grant.Length != Base64Url.GetEncodedLength(GrantBytes)
            || !Base64Url.IsValid(grant)
            || !Base64Url.TryDecodeFromChars(grant, bytes, out var written)
            || written != GrantBytes
        )
            return StreamingErrors.StreamSignatureInvalid;
        if (
            KeySet.Find(keyring.Keys.StreamUrl, Convert.ToHexStringLower(bytes[..KeyIdBytes]), keyring.Now)
            is not { Secret: { } secret }
        )
            return StreamingErrors.StreamSignatureInvalid;
        Span<byte> mac = stackalloc byte[MacBytes];
        Mac(secret, bytes[..HeadBytes], trackId, revision, mac);
        if (!CryptographicOperations.FixedTimeEquals(mac, bytes[HeadBytes..]))
            return StreamingErrors.StreamSignatureInvalid;
        var left =
            BinaryPrimitives.ReadUInt32BigEndian(bytes[KeyIdBytes..])
            - new DateTimeOffset(keyring.Now).ToUnixTimeSeconds();
        if (left <= 0)
            return StreamingErrors.StreamUrlExpired;
        var preview = BinaryPrimitives.ReadInt32BigEndian(bytes[PreviewAt..]);
        var session = new Guid(bytes.Slice(SessionAt, SessionBytes), bigEndian: true);
        granted = new StreamGrant(
            new StreamTerms(
                session,
                preview == HearsAll ? null : preview,
                ReadLevel(bytes[GainAt..]),
                ReadLevel(bytes[PeakAt..]),
                BinaryPrimitives.ReadInt32BigEndian(bytes[EpochAt..])
            ),
            (int)Math.Min(left, int.MaxValue)
        );
        if (revocations.HasEnded(session))
            return StreamingErrors.StreamUrlExpired.Saying("The session that asked for this stream URL has ended");
        if (revocations.Refuses(trackId, granted.Terms.TrackEpoch))
            return StreamingErrors.StreamUrlExpired.Saying(
                "The track was withdrawn, deleted or closed since; ask for a new URL"
            );
        return null;
    }

    private static void WriteLevel(Span<byte> at, double? db) =>
        BinaryPrimitives.WriteInt16BigEndian(
            at,
            db is { } level ? (short)Math.Clamp(Math.Round(level * 100), -short.MaxValue, short.MaxValue) : NoLevel
        );

    private static double? ReadLevel(ReadOnlySpan<byte> at) =>
        BinaryPrimitives.ReadInt16BigEndian(at) is var level && level == NoLevel ? null : level / 100d;

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
