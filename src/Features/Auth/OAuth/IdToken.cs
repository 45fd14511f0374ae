using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Veza.Features.Auth.OAuth;

/// <summary>What an ID token must say to be the answer to our question.</summary>
internal sealed record IdTokenTerms(string Issuer, string ClientId, string Nonce, string AccessToken, DateTime Now);

/// <summary>
/// An ID token (OpenID Connect Core 1.0, 3.1.3.7), checked by hand and in this order, so that nothing of an unverified
/// token but its header is believed: form, algorithm, the issuer's own key by its id, signature, then the claims. RS256
/// and no other algorithm.
/// </summary>
internal sealed record IdToken(string KeyId, byte[] Signed, byte[] Signature, JsonElement Unverified)
{
    private const string Algorithm = "RS256";
    private const int CharsMax = 16 * 1024,
        JsonLevelsMax = 16;
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(60);
    private static readonly JsonDocumentOptions Strict = new()
    {
        MaxDepth = JsonLevelsMax,
        AllowDuplicateProperties = false,
    };

    internal static IdToken Read(string? text)
    {
        if (
            text is not { Length: > 0 and <= CharsMax }
            || !Ascii.IsValid(text)
            || text.Split('.') is not [var head, var body, var tail]
        )
            throw Refused("does not have the form of a token");
        var (header, claims) = (Json(head), Json(body));
        if (header.TextOf("alg") != Algorithm)
            throw Refused($"is not signed with {Algorithm}");
        // An access token or a logout token of the same issuer is none of ours, and a header that must be understood is
        // one that we do not.
        if (
            header.TryGetProperty("crit", out _)
            || (header.TextOf("typ") is { } type && !type.Equals("JWT", StringComparison.OrdinalIgnoreCase))
        )
            throw Refused("is another kind of token");
        if (header.TextOf("kid") is not { } keyId)
            throw Refused("names no key");
        return new IdToken(keyId, Encoding.ASCII.GetBytes(text[..text.LastIndexOf('.')]), Bytes(tail), claims);
    }

    /// <summary>The claims, once the key's signature and the terms hold.</summary>
    internal JsonElement Verify(RSAParameters key, IdTokenTerms terms)
    {
        using var rsa = RSA.Create(key);
        if (!rsa.VerifyData(Signed, Signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))
            throw Refused("has a wrong signature");
        var claims = Unverified;
        if (claims.ValueKind != JsonValueKind.Object || claims.TextOf("iss") != terms.Issuer)
            throw Refused("is of another issuer (iss)");
        CheckAudience(claims, terms.ClientId);
        var now = new DateTimeOffset(terms.Now).ToUnixTimeSeconds();
        var skew = (long)ClockSkew.TotalSeconds;
        if (claims.NumberOf("exp") is not { } expires || expires <= now - skew)
            throw Refused("has expired (exp)");
        if (claims.NumberOf("iat") is not { } issued || issued > now + skew)
            throw Refused("is of the future (iat)");
        if (claims.TryGetProperty("nbf", out _) && (claims.NumberOf("nbf") is not { } begins || begins > now + skew))
            throw Refused("is not yet valid (nbf)");
        if (claims.TextOf("nonce") is not { } nonce || !Same(nonce, terms.Nonce))
            throw Refused("answers another request (nonce)");
        if (
            claims.TryGetProperty("at_hash", out _)
            && (claims.TextOf("at_hash") is not { } hash || !Same(hash, HalfHash(terms.AccessToken)))
        )
            throw Refused("is not of this access token (at_hash)");
        if (claims.SubjectOf("sub") is null)
            throw Refused("names nobody (sub)");
        return claims;
    }

    /// <summary>
    /// We are an audience; the token was asked for by us where it says by whom, and must say so where there are others.
    /// </summary>
    private static void CheckAudience(JsonElement claims, string clientId)
    {
        if (!claims.TryGetProperty("aud", out var audience))
            throw Refused("has no audience (aud)");
        var several = audience.ValueKind == JsonValueKind.Array;
        var names = several ? [.. audience.EnumerateArray()] : new[] { audience };
        if (!names.Any(n => n.ValueKind == JsonValueKind.String && n.GetString() == clientId))
            throw Refused("is for somebody else (aud)");
        var party = claims.TryGetProperty("azp", out _);
        if ((party || names.Length > 1) && claims.TextOf("azp") != clientId)
            throw Refused("was asked for by somebody else (azp)");
    }

    private static string HalfHash(string accessToken) =>
        Base64Url.EncodeToString(
            SHA256.HashData(Encoding.ASCII.GetBytes(accessToken)).AsSpan(0, SHA256.HashSizeInBytes / 2)
        );

    private static bool Same(string given, string expected) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(expected));

    private static JsonElement Json(string part)
    {
        try
        {
            using var document = JsonDocument.Parse(Bytes(part), Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw Refused("holds no JSON object");
        }
        catch (JsonException)
        {
            throw Refused("holds no sound JSON");
        }
    }

    private static byte[] Bytes(string part)
    {
        var bytes = new byte[Base64Url.GetMaxDecodedLength(part.Length)];
        if (!Base64Url.IsValid(part) || !Base64Url.TryDecodeFromChars(part, bytes, out var written))
            throw Refused("does not have the form of a token");
        return bytes[..written];
    }

    internal static ProviderFault Refused(string reason) =>
        new(AuthErrors.ProviderAnswerInvalid, $"the ID token {reason}");
}
