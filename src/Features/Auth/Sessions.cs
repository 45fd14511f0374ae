using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>The tokens of a session: an access token for minutes, and a refresh token that is good for one use.</summary>
internal sealed record TokenPair(string AccessToken, string RefreshToken, string TokenType, int ExpiresIn);

/// <summary>
/// Sessions and their rotation. A refresh token is the session's id, the count of its rotations and a MAC over both: the database keeps the
/// count alone, so there is nothing in it to steal, and the current token can be given again to a client whose answer was lost.
/// </summary>
internal sealed class Sessions(NpgsqlDataSource postgres, Keyring keyring, AccessTokens accessTokens, Settings settings)
{
    private const int KeyIdBytes = 4, PayloadBytes = 16 + sizeof(int), MacBytes = 16, TokenBytes = KeyIdBytes + PayloadBytes + MacBytes;
    private const int DeviceCharsMax = 200;

    internal sealed record Row(Guid Id, Guid AccountId, int Rotation, DateTime RotatedAt, DateTime ExpiresAt, DateTime? EndedAt, string Username, string[] Roles);

    /// <summary>A parsed and authentic refresh token, which may still be spent or its session ended.</summary>
    internal readonly record struct RefreshToken(Guid SessionId, int Rotation);

    internal async Task<TokenPair> Begin(NpgsqlConnection db, NpgsqlTransaction? transaction, Guid accountId, string username, string[] roles, HttpContext http)
    {
        var id = Guid.CreateVersion7();
        var device = http.Request.Headers.UserAgent.ToString();
        await db.ExecuteAsync("""
            insert into session (id, account_id, expires_at, ip, device)
            values (@id, @accountId, now() + @lifetime, @ip::inet, @device)
            """, new
        {
            id, accountId, lifetime = TimeSpan.FromDays(settings.Auth.SessionDays), ip = http.Connection.RemoteIpAddress?.ToString(),
            device = device.Length <= DeviceCharsMax ? device : device[..DeviceCharsMax],
        }, transaction);
        return Pair(id, 0, accountId, username, roles);
    }

    /// <summary>Spends a refresh token. The one before the current, inside the grace, gets the current pair again; any other spent one ends the session.</summary>
    internal async Task<(TokenPair? Pair, Error? Error)> Rotate(string token, CancellationToken ct)
    {
        if (Read(token) is not { } given) return (null, Errors.RefreshTokenInvalid);
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rotated = await db.QuerySingleOrDefaultAsync<Row>("""
            update session set rotation = rotation + 1, rotated_at = now()
              from account
             where session.id = @SessionId and rotation = @Rotation and ended_at is null and expires_at > now() and account.id = session.account_id
            returning session.id, account_id, rotation, rotated_at, expires_at, ended_at, username, roles
            """, given);
        if (rotated is not null) return (Pair(rotated), null);

        var session = await db.QuerySingleOrDefaultAsync<Row>("""
            select session.id, account_id, rotation, rotated_at, expires_at, ended_at, username, roles
              from session join account on account.id = session.account_id
             where session.id = @SessionId
            """, given);
        if (session is null || session.EndedAt is not null || session.ExpiresAt <= keyring.Now) return (null, Errors.SessionEnded);

        // A lost answer or a second tab: the parent of the active token, moments after it was spent.
        if (given.Rotation == session.Rotation - 1 && keyring.Now - session.RotatedAt < TimeSpan.FromSeconds(settings.Auth.RefreshGraceS)) return (Pair(session), null);
        await End(db, given.SessionId, "refresh_token_reused");
        return (null, Errors.RefreshTokenReused);
    }

    internal static Task End(NpgsqlConnection db, Guid sessionId, string reason) =>
        db.ExecuteAsync("update session set ended_at = now(), end_reason = @reason where id = @sessionId and ended_at is null", new { sessionId, reason });

    internal RefreshToken? Read(string token)
    {
        Span<byte> bytes = stackalloc byte[TokenBytes];
        if (token.Length != Base64Url.GetEncodedLength(TokenBytes) || !Base64Url.TryDecodeFromChars(token, bytes, out var written) || written != TokenBytes) return null;
        var keyId = Convert.ToHexStringLower(bytes[..KeyIdBytes]);
        if (KeySet.Find(keyring.Keys.RefreshToken, keyId, keyring.Now) is not { Secret: { } secret }) return null;
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(secret, bytes[..(KeyIdBytes + PayloadBytes)], mac);
        if (!CryptographicOperations.FixedTimeEquals(mac[..MacBytes], bytes[(KeyIdBytes + PayloadBytes)..])) return null;
        return new RefreshToken(new Guid(bytes.Slice(KeyIdBytes, 16), bigEndian: true), BinaryPrimitives.ReadInt32BigEndian(bytes[(KeyIdBytes + 16)..]));
    }

    private TokenPair Pair(Row session) => Pair(session.Id, session.Rotation, session.AccountId, session.Username, session.Roles);

    private TokenPair Pair(Guid sessionId, int rotation, Guid accountId, string username, string[] roles) =>
        new(accessTokens.Issue(accountId, sessionId, username, roles), Write(sessionId, rotation), "Bearer", settings.Auth.AccessTokenS);

    private string Write(Guid sessionId, int rotation)
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
