using System.Buffers.Text;
using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;

namespace Veza.Features.Auth.Passkeys;

/// <summary>
/// The JSON forms of WebAuthn level 3, with the names that browsers' <c>parse...FromJSON</c> and <c>toJSON</c> have;
/// bytes are base64url.
/// </summary>
internal static class PasskeyWire
{
    private const int BytesMax = 16 * 1024;

    internal sealed record Party(
        [property: JsonPropertyName("id")] string Id,
        [property: JsonPropertyName("name")] string Name
    );

    internal sealed record User(
        [property: JsonPropertyName("id")] string Id,
        [property: JsonPropertyName("name")] string Name,
        [property: JsonPropertyName("displayName")] string DisplayName
    );

    internal sealed record Parameter(
        [property: JsonPropertyName("type")] string Type,
        [property: JsonPropertyName("alg")] int Algorithm
    );

    internal sealed record Descriptor(
        [property: JsonPropertyName("type")] string Type,
        [property: JsonPropertyName("id")] string Id,
        [property: JsonPropertyName("transports")] string[] Transports
    );

    internal sealed record Selection(
        [property: JsonPropertyName("residentKey")] string ResidentKey,
        [property: JsonPropertyName("requireResidentKey")] bool RequireResidentKey,
        [property: JsonPropertyName("userVerification")] string UserVerification
    );

    internal static readonly Selection Discoverable = new("required", true, "required");

    internal sealed record CreationOptions(
        [property: JsonPropertyName("rp")] Party Party,
        [property: JsonPropertyName("user")] User User,
        [property: JsonPropertyName("challenge")] string Challenge,
        [property: JsonPropertyName("pubKeyCredParams")] Parameter[] Parameters,
        [property: JsonPropertyName("timeout")] long TimeoutMs,
        [property: JsonPropertyName("excludeCredentials")] Descriptor[] Exclude,
        [property: JsonPropertyName("authenticatorSelection")] Selection Selection,
        [property: JsonPropertyName("attestation")] string Attestation
    );

    internal sealed record RequestOptions(
        [property: JsonPropertyName("challenge")] string Challenge,
        [property: JsonPropertyName("timeout")] long TimeoutMs,
        [property: JsonPropertyName("rpId")] string PartyId,
        [property: JsonPropertyName("allowCredentials")] Descriptor[] Allow,
        [property: JsonPropertyName("userVerification")] string UserVerification
    );

    /// <summary>A credential as the browser gives it when it is made.</summary>
    internal sealed record NewCredential(
        [property: JsonPropertyName("id")] string? Id,
        [property: JsonPropertyName("type")] string? Type,
        [property: JsonPropertyName("response")] Attestation? Response
    );

    internal sealed record Attestation(
        [property: JsonPropertyName("clientDataJSON")] string? ClientDataJson,
        [property: JsonPropertyName("attestationObject")] string? AttestationObject,
        [property: JsonPropertyName("transports")] string[]? Transports = null
    );

    /// <summary>A credential as the browser gives it when it signs.</summary>
    internal sealed record ProvenCredential(
        [property: JsonPropertyName("id")] string? Id,
        [property: JsonPropertyName("type")] string? Type,
        [property: JsonPropertyName("response")] Assertion? Response
    );

    internal sealed record Assertion(
        [property: JsonPropertyName("clientDataJSON")] string? ClientDataJson,
        [property: JsonPropertyName("authenticatorData")] string? AuthenticatorData,
        [property: JsonPropertyName("signature")] string? Signature,
        [property: JsonPropertyName("userHandle")] string? UserHandle
    );

    internal static readonly NewCredential NewExample = new(
        "o0k9i2Zq4mV7cQ1s",
        "public-key",
        new Attestation("eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIn0", "o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YQ", ["internal"])
    );
    internal static readonly ProvenCredential ProvenExample = new(
        "o0k9i2Zq4mV7cQ1s",
        "public-key",
        new Assertion("eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0", "SZYN5YgOjGh0NBcPZHZgW4", "MEUCIQDx", "AZsMXoowfBGdPl8NTBorPA")
    );

    internal static string Text(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    /// <summary>The bytes of a field, or its fault among the others.</summary>
    internal static byte[] Bytes(string? text, string field, List<FieldError> faults)
    {
        if (text is { Length: > 0 and <= BytesMax } && Base64Url.IsValid(text))
            return Base64Url.DecodeFromChars(text);
        faults.Add(
            new FieldError(
                field,
                string.IsNullOrEmpty(text) ? "REQUIRED" : "INVALID_FORMAT",
                $"{field} is base64url of at most {BytesMax} characters"
            )
        );
        return [];
    }
}
