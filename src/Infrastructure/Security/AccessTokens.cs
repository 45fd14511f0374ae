using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Veza.Infrastructure.Http;

namespace Veza.Infrastructure.Security;

/// <summary>What an access token says of its session.</summary>
internal readonly record struct Bearer(
    Guid UserId,
    Guid SessionId,
    string Username,
    string[] Roles,
    DateTime AuthenticatedAt,
    int Epoch,
    int Rotation
);

/// <summary>
/// Issues and reads access tokens: JWT, ES256, type at+jwt, only by keys of the ring. A token once verified is
/// remembered for its short life.
/// </summary>
internal sealed class AccessTokens(Keyring keyring, Revocations revocations, Configuration.Settings settings)
    : IDisposable
{
    private const string Type = "at+jwt",
        Audience = "veza";
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(60);
    private const long LastSecond = 253_402_300_799;
    private const int TokenCharsMax = 4096,
        RememberedMax = 20_000,
        FirstMetMax = 10_000;
    private readonly JsonWebTokenHandler handler = new()
    {
        MapInboundClaims = false,
        SetDefaultTimesOnTokenCreation = false,
        MaximumTokenSizeInBytes = TokenCharsMax,
    };
    private readonly MemoryCache remembered = new(new MemoryCacheOptions { SizeLimit = RememberedMax });
    private readonly ConcurrentDictionary<string, ECDsaSecurityKey> securityKeys = new();
    private readonly Channel<Caller> firstMet = Channel.CreateBounded<Caller>(
        new BoundedChannelOptions(FirstMetMax) { FullMode = BoundedChannelFullMode.DropWrite }
    );

    internal TimeSpan Lifetime => TimeSpan.FromSeconds(settings.AccessTokenS);

    /// <summary>
    /// Tokens that this node met for the first time: their sessions are alive, and the answer that brought them has
    /// arrived.
    /// </summary>
    internal ChannelReader<Caller> FirstMet => firstMet.Reader;

    internal string Issue(Bearer bearer)
    {
        var now = keyring.Now;
        var key = KeySet.Signing(keyring.Keys.AccessToken, now);
        return handler.CreateToken(
            new SecurityTokenDescriptor
            {
                TokenType = Type,
                Issuer = settings.PublicUrl.OriginalString,
                Audience = Audience,
                IssuedAt = now,
                NotBefore = now,
                Expires = now + Lifetime,
                SigningCredentials = new SigningCredentials(Security(key), SecurityAlgorithms.EcdsaSha256),
                Claims = new Dictionary<string, object>
                {
                    ["sub"] = bearer.UserId.ToString(),
                    ["sid"] = bearer.SessionId.ToString(),
                    ["username"] = bearer.Username,
                    ["roles"] = bearer.Roles,
                    ["jti"] = Guid.CreateVersion7().ToString(),
                    ["auth_time"] = new DateTimeOffset(bearer.AuthenticatedAt, TimeSpan.Zero).ToUnixTimeSeconds(),
                    ["epoch"] = bearer.Epoch,
                    ["rotation"] = bearer.Rotation,
                },
            }
        );
    }

    /// <summary>The caller, or why the token is refused.</summary>
    internal Error? Read(string token, out Caller? caller)
    {
        caller = null;
        if (token.Length is 0 or > TokenCharsMax)
            return Errors.TokenInvalid;
        if (remembered.TryGetValue(token, out Caller? known) && known is not null)
        {
            if (known.ExpiresAt <= keyring.Now)
                return Errors.TokenExpired;
            if (revocations.Refuses(known.SessionId, known.Epoch))
                return Errors.TokenRevoked;
            caller = known;
            return null;
        }

        if (Verify(token, out var verified) is { } error)
            return error;
        if (revocations.Refuses(verified!.SessionId, verified.Epoch))
            return Errors.TokenRevoked;
        remembered.Set(
            token,
            verified,
            new MemoryCacheEntryOptions { Size = 1, AbsoluteExpiration = verified.ExpiresAt }
        );
        firstMet.Writer.TryWrite(verified);
        caller = verified;
        return null;
    }

    /// <summary>
    /// By hand and in this order, so that nothing of an unverified token but its header is believed: form, header, key
    /// id, signature, then claims.
    /// </summary>
    private Error? Verify(string token, out Caller? caller)
    {
        caller = null;
        if (CompactJws.Read(token) is not { } jws || KeyIdOf(jws.Header) is not { } kid)
            return Errors.TokenInvalid;
        if (
            KeySet.Find(keyring.Keys.AccessToken, kid, keyring.Now) is not { Curve: { } curve }
            || !jws.IsSignedBy(curve)
        )
            return Errors.TokenInvalid;
        var claims = jws.Payload;
        if (Text(claims, "iss") != settings.PublicUrl.OriginalString || Text(claims, "aud") != Audience)
            return Errors.TokenInvalid;
        if (
            Time(claims, "exp") is not { } expiresAt
            || Time(claims, "nbf") is not { } notBefore
            || Time(claims, "iat") is not { } issuedAt
        )
            return Errors.TokenInvalid;
        if (expiresAt <= keyring.Now)
            return Errors.TokenExpired;
        if (notBefore > keyring.Now + ClockSkew || issuedAt > keyring.Now + ClockSkew)
            return Errors.TokenInvalid;
        if (
            !Guid.TryParseExact(Text(claims, "sub"), "D", out var userId)
            || !Guid.TryParseExact(Text(claims, "sid"), "D", out var sessionId)
        )
            return Errors.TokenInvalid;
        if (
            Text(claims, "username") is not { } username
            || Texts(claims, "roles") is not { } roles
            || Time(claims, "auth_time") is not { } authenticatedAt
        )
            return Errors.TokenInvalid;
        if (Number(claims, "epoch") is not { } epoch || Number(claims, "rotation") is not { } rotation)
            return Errors.TokenInvalid;
        caller = new Caller(userId, sessionId, username, roles, Permissions.Of(roles), expiresAt, authenticatedAt)
        {
            Epoch = (int)epoch,
            Rotation = (int)rotation,
        };
        return null;
    }

    public void Dispose() => remembered.Dispose();

    /// <summary>
    /// The header names the algorithm, the type and the key, and nothing else: no key of its own, no address of one,
    /// nothing that must be understood.
    /// </summary>
    private static string? KeyIdOf(JsonElement header) =>
        header.GetPropertyCount() == 3
        && Text(header, "alg") == SecurityAlgorithms.EcdsaSha256
        && Text(header, "typ") == Type
            ? Text(header, "kid")
            : null;

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string[]? Texts(JsonElement json, string name) =>
        json.TryGetProperty(name, out var list)
        && list.ValueKind == JsonValueKind.Array
        && list.EnumerateArray().All(v => v.ValueKind == JsonValueKind.String)
            ? [.. list.EnumerateArray().Select(v => v.GetString()!)]
            : null;

    private static long? Number(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.Number
        && value.TryGetInt64(out var number)
        && number is >= 0 and <= int.MaxValue
            ? number
            : null;

    private static DateTime? Time(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.Number
        && value.TryGetInt64(out var seconds)
        && seconds is >= 0 and <= LastSecond
            ? DateTimeOffset.FromUnixTimeSeconds(seconds).UtcDateTime
            : null;

    private ECDsaSecurityKey Security(RingKey key) =>
        securityKeys.GetOrAdd(key.Id, static (id, curve) => new ECDsaSecurityKey(curve) { KeyId = id }, key.Curve!);
}
