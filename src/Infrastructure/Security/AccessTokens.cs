using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Veza.Infrastructure.Http;

namespace Veza.Infrastructure.Security;

/// <summary>What an access token says of its session.</summary>
internal readonly record struct Bearer(Guid UserId, Guid SessionId, string Username, string[] Roles, DateTime AuthenticatedAt, int Epoch, int Rotation);

/// <summary>Issues and reads access tokens: JWT, ES256, type at+jwt, only by keys of the ring. A token once verified is remembered for its short life.</summary>
internal sealed class AccessTokens(Keyring keyring, Revocations revocations, Configuration.Settings settings) : IDisposable
{
    private const string Type = "at+jwt", Audience = "veza";
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(60);
    private const int TokenCharsMax = 4096, RememberedMax = 20_000, FirstMetMax = 10_000;
    private readonly JsonWebTokenHandler handler = new() { MapInboundClaims = false, SetDefaultTimesOnTokenCreation = false, MaximumTokenSizeInBytes = TokenCharsMax };
    private readonly MemoryCache remembered = new(new MemoryCacheOptions { SizeLimit = RememberedMax });
    private readonly ConcurrentDictionary<string, ECDsaSecurityKey> securityKeys = new();
    private readonly Channel<Caller> firstMet = Channel.CreateBounded<Caller>(new BoundedChannelOptions(FirstMetMax) { FullMode = BoundedChannelFullMode.DropWrite });

    internal TimeSpan Lifetime => TimeSpan.FromSeconds(settings.Auth.AccessTokenS);

    /// <summary>Tokens that this node met for the first time: their sessions are alive, and the answer that brought them has arrived.</summary>
    internal ChannelReader<Caller> FirstMet => firstMet.Reader;

    internal string Issue(Bearer bearer)
    {
        var now = keyring.Now;
        var key = KeySet.Signing(keyring.Keys.AccessToken, now);
        return handler.CreateToken(new SecurityTokenDescriptor
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
        });
    }

    /// <summary>The caller, or why the token is refused.</summary>
    internal Error? Read(string token, out Caller? caller)
    {
        caller = null;
        if (token.Length is 0 or > TokenCharsMax) return Errors.TokenInvalid;
        if (remembered.TryGetValue(token, out Caller? known) && known is not null)
        {
            if (known.ExpiresAt <= keyring.Now) return Errors.TokenExpired;
            if (revocations.Refuses(known.SessionId, known.Epoch)) return Errors.TokenRevoked;
            caller = known;
            return null;
        }

        if (Verify(token, out var verified) is { } error) return error;
        if (revocations.Refuses(verified!.SessionId, verified.Epoch)) return Errors.TokenRevoked;
        remembered.Set(token, verified, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpiration = verified.ExpiresAt });
        firstMet.Writer.TryWrite(verified);
        caller = verified;
        return null;
    }

    /// <summary>By hand and in this order, so that nothing of an unverified token but its header is believed: size, header, key id, signature, then claims.</summary>
    private Error? Verify(string token, out Caller? caller)
    {
        caller = null;
        JsonWebToken jwt;
        try
        {
            jwt = handler.ReadJsonWebToken(token);
        }
        catch (Exception e) when (e is ArgumentException or SecurityTokenException)
        {
            return Errors.TokenInvalid;
        }

        if (jwt.Alg != SecurityAlgorithms.EcdsaSha256 || jwt.Typ != Type) return Errors.TokenInvalid;
        if (KeySet.Find(keyring.Keys.AccessToken, jwt.Kid, keyring.Now) is not { Curve: { } curve }) return Errors.TokenInvalid;
        var dot = token.LastIndexOf('.');
        var signature = new byte[64];
        if (Base64UrlDecode(token.AsSpan(dot + 1), signature) != signature.Length) return Errors.TokenInvalid;
        if (!curve.VerifyData(Encoding.ASCII.GetBytes(token[..dot]), signature, HashAlgorithmName.SHA256)) return Errors.TokenInvalid;
        if (jwt.Issuer != settings.PublicUrl.OriginalString || !jwt.Audiences.Contains(Audience)) return Errors.TokenInvalid;
        if (jwt.ValidTo <= keyring.Now) return Errors.TokenExpired;
        if (jwt.ValidFrom > keyring.Now + ClockSkew) return Errors.TokenInvalid;
        if (!Guid.TryParse(jwt.Subject, out var userId) || !jwt.TryGetPayloadValue<string>("sid", out var sid) || !Guid.TryParse(sid, out var sessionId)) return Errors.TokenInvalid;
        if (!jwt.TryGetPayloadValue<long>("auth_time", out var authTime) || !jwt.TryGetPayloadValue<int>("epoch", out var epoch) || !jwt.TryGetPayloadValue<int>("rotation", out var rotation))
            return Errors.TokenInvalid;
        var roles = jwt.GetPayloadValue<string[]>("roles");
        caller = new Caller(userId, sessionId, jwt.GetPayloadValue<string>("username"), roles, Permissions.Of(roles), jwt.ValidTo, DateTimeOffset.FromUnixTimeSeconds(authTime).UtcDateTime)
        {
            Epoch = epoch, Rotation = rotation,
        };
        return null;
    }

    public void Dispose() => remembered.Dispose();

    private static int Base64UrlDecode(ReadOnlySpan<char> text, Span<byte> bytes) =>
        System.Buffers.Text.Base64Url.TryDecodeFromChars(text, bytes, out var written) ? written : -1;

    private ECDsaSecurityKey Security(RingKey key) => securityKeys.GetOrAdd(key.Id, static (id, curve) => new ECDsaSecurityKey(curve) { KeyId = id }, key.Curve!);
}
