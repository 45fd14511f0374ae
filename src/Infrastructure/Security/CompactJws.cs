using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Veza.Infrastructure.Security;

/// <summary>
/// A JWS in compact form (RFC 7515), taken apart and nothing of it believed. Only one text has one meaning: base64url
/// without padding, blanks or stray bits, and JSON objects that name nothing twice.
/// </summary>
internal sealed class CompactJws
{
    private const int PartsCount = 3,
        DepthMax = 4,
        SignatureBytes = 64;
    private static readonly SearchValues<char> Alphabet = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
    );
    private static readonly JsonDocumentOptions Strict = new()
    {
        AllowDuplicateProperties = false,
        MaxDepth = DepthMax,
    };
    private readonly byte[] signed,
        signature;

    private CompactJws(JsonElement header, JsonElement payload, byte[] signed, byte[] signature) =>
        (Header, Payload, this.signed, this.signature) = (header, payload, signed, signature);

    internal JsonElement Header { get; }

    internal JsonElement Payload { get; }

    /// <summary>The parts, or null where the text is not such a JWS.</summary>
    internal static CompactJws? Read(string token)
    {
        if (token.AsSpan().ContainsAnyExcept(Alphabet) || token.Split('.') is not { Length: PartsCount } parts)
            return null;
        if (
            Decode(parts[0]) is not { } header
            || Decode(parts[1]) is not { } payload
            || Decode(parts[2]) is not { } signature
        )
            return null;
        if (Object(header) is not { } head || Object(payload) is not { } claims)
            return null;
        return new CompactJws(
            head,
            claims,
            Encoding.ASCII.GetBytes(token, 0, parts[0].Length + 1 + parts[1].Length),
            signature
        );
    }

    /// <summary>ES256: r and s, 32 bytes each; no other form of a signature is taken.</summary>
    internal bool IsSignedBy(ECDsa key) =>
        signature.Length == SignatureBytes
        && key.VerifyData(
            signed,
            signature,
            HashAlgorithmName.SHA256,
            DSASignatureFormat.IeeeP1363FixedFieldConcatenation
        );

    private static byte[]? Decode(string part)
    {
        var bytes = new byte[Base64Url.GetMaxDecodedLength(part.Length)];
        if (Base64Url.DecodeFromChars(part, bytes, out _, out var written) != OperationStatus.Done)
            return null;
        Array.Resize(ref bytes, written);
        // The last character may have bits that mean nothing; they are zero, or there would be two texts for one token.
        return Base64Url.EncodeToString(bytes) == part ? bytes : null;
    }

    private static JsonElement? Object(byte[] json)
    {
        try
        {
            var element = JsonElement.Parse(json, Strict);
            return element.ValueKind == JsonValueKind.Object ? element : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
