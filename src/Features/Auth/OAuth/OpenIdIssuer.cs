using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;
using Veza.Infrastructure.Configuration;

namespace Veza.Features.Auth.OAuth;

/// <summary>Where an issuer's endpoints are, as its discovery document says.</summary>
internal sealed record OpenIdEndpoints(Uri Authorization, Uri Token, Uri Keys, bool NamesItself);

/// <summary>
/// An OpenID issuer: its discovery document and its keys, both remembered for an hour. A token with a key that is not
/// known yet has them fetched again.
/// </summary>
internal sealed class OpenIdIssuer : IDisposable
{
    private const int KeysMax = 32,
        KeyBytesMin = 256,
        KeyBytesMax = 1024,
        ExponentBytesMax = 4;
    private static readonly TimeSpan RememberedFor = TimeSpan.FromHours(1),
        KeysRefetchedAfter = TimeSpan.FromSeconds(30);
    private readonly Remembered<OpenIdEndpoints> endpoints;
    private readonly Remembered<Dictionary<string, RSAParameters>> keys;

    internal OpenIdIssuer(Uri issuer, ProviderHttp http, TimeProvider clock)
    {
        Name = issuer.OriginalString;
        endpoints = new Remembered<OpenIdEndpoints>(
            async ct =>
                ReadEndpoints((await http.Get(new Uri($"{Name}/.well-known/openid-configuration"), null, ct)).Json),
            clock
        );
        keys = new Remembered<Dictionary<string, RSAParameters>>(
            async ct => ReadKeys((await http.Get((await Endpoints(ct)).Keys, null, ct)).Json),
            clock
        );
    }

    /// <summary>The <c>iss</c> of its tokens, exactly.</summary>
    internal string Name { get; }

    internal Task<OpenIdEndpoints> Endpoints(CancellationToken ct) => endpoints.Get(RememberedFor, ct);

    internal async Task<RSAParameters> Key(string id, CancellationToken ct)
    {
        if ((await keys.Get(RememberedFor, ct)).TryGetValue(id, out var known))
            return known;
        return (await keys.Get(KeysRefetchedAfter, ct)).TryGetValue(id, out var added)
            ? added
            : throw IdToken.Refused("is signed with a key that is not the issuer's");
    }

    public void Dispose()
    {
        endpoints.Dispose();
        keys.Dispose();
    }

    private OpenIdEndpoints ReadEndpoints(JsonElement document)
    {
        if (document.TextOf("issuer") != Name)
            throw Invalid("is of another issuer");
        var namesItself = document.IsTrue("authorization_response_iss_parameter_supported");
        return new OpenIdEndpoints(
            Endpoint(document, "authorization_endpoint"),
            Endpoint(document, "token_endpoint"),
            Endpoint(document, "jwks_uri"),
            namesItself
        );
    }

    private static Uri Endpoint(JsonElement document, string name) =>
        Uri.TryCreate(document.TextOf(name), UriKind.Absolute, out var url) && SettingsReader.IsSafe(url)
            ? url
            : throw Invalid($"has no safe {name}");

    private static Dictionary<string, RSAParameters> ReadKeys(JsonElement document)
    {
        if (
            document.ValueKind != JsonValueKind.Object
            || !document.TryGetProperty("keys", out var list)
            || list.ValueKind != JsonValueKind.Array
        )
            throw Invalid("has no keys");
        var read = new Dictionary<string, RSAParameters>();
        foreach (var key in list.EnumerateArray().Take(KeysMax))
        {
            if (
                key.TextOf("kty") != "RSA"
                || key.TextOf("use") is not (null or "sig")
                || key.TextOf("alg") is not (null or "RS256")
                || key.TextOf("kid") is not { } id
            )
                continue;
            if (
                Bytes(key, "n") is { Length: >= KeyBytesMin and <= KeyBytesMax } modulus
                && Bytes(key, "e") is { Length: > 0 and <= ExponentBytesMax } exponent
            )
                read.TryAdd(id, new RSAParameters { Modulus = modulus, Exponent = exponent });
        }

        return read;
    }

    private static byte[]? Bytes(JsonElement key, string name)
    {
        if (key.TextOf(name) is not { } text)
            return null;
        var bytes = new byte[Base64Url.GetMaxDecodedLength(text.Length)];
        return Base64Url.IsValid(text) && Base64Url.TryDecodeFromChars(text, bytes, out var written)
            ? bytes[..written]
            : null;
    }

    private static ProviderFault Invalid(string reason) =>
        new(AuthErrors.ProviderAnswerInvalid, $"the issuer's document {reason}");
}
