using System.Buffers.Binary;
using System.Buffers.Text;
using System.Formats.Cbor;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Veza.Tests.Harness;

/// <summary>What a ceremony is made of, each part open to be falsified.</summary>
internal sealed record Ceremony
{
    internal required string Challenge { get; init; }
    internal required string Origin { get; init; }
    internal required string RelyingPartyId { get; init; }
    internal string? Type { get; init; }
    internal bool? CrossOrigin { get; init; } = false;

    /// <summary>User present, user verified.</summary>
    internal byte Flags { get; init; } = 0x05;
    internal uint? SignCount { get; init; }
    internal byte[]? UserHandle { get; init; }
    internal byte[] Trailing { get; init; } = [];
    internal Func<byte[], byte[]> AuthenticatorData { get; init; } = data => data;
    internal Func<byte[], byte[]> Signature { get; init; } = signature => signature;
}

/// <summary>
/// A passkey in memory, for answers that no browser would give; browsers themselves are tried in passkey.mjs.
/// </summary>
internal sealed class SoftPasskey : IDisposable
{
    private const byte AttestedFlag = 0x40;
    private readonly AsymmetricAlgorithm key;
    private uint signCount;

    internal SoftPasskey(AsymmetricAlgorithm? key = null) =>
        this.key = key ?? ECDsa.Create(ECCurve.NamedCurves.nistP256);

    internal byte[] Id { get; init; } = RandomNumberGenerator.GetBytes(32);

    /// <summary>The public key as COSE has it; a test may put another in its place.</summary>
    internal byte[] CoseKey
    {
        get =>
            field ?? (key is RSA rsa ? Cose(rsa.ExportParameters(false)) : Cose(((ECDsa)key).ExportParameters(false)));
        init;
    }

    internal static byte[] ClientJson(Ceremony ceremony, string type)
    {
        var json = new JsonObject
        {
            ["type"] = ceremony.Type ?? type,
            ["challenge"] = ceremony.Challenge,
            ["origin"] = ceremony.Origin,
        };
        if (ceremony.CrossOrigin is { } cross)
            json["crossOrigin"] = cross;
        return Encoding.UTF8.GetBytes(json.ToJsonString());
    }

    internal byte[] AttestationObject(Ceremony ceremony)
    {
        var writer = new CborWriter(CborConformanceMode.Ctap2Canonical);
        writer.WriteStartMap(3);
        writer.WriteTextString("fmt");
        writer.WriteTextString("none");
        writer.WriteTextString("attStmt");
        writer.WriteStartMap(0);
        writer.WriteEndMap();
        writer.WriteTextString("authData");
        writer.WriteByteString(
            ceremony.AuthenticatorData([
                .. Head(ceremony, AttestedFlag),
                .. new byte[16],
                (byte)(Id.Length >> 8),
                (byte)Id.Length,
                .. Id,
                .. CoseKey,
                .. ceremony.Trailing,
            ])
        );
        writer.WriteEndMap();
        return writer.Encode();
    }

    internal byte[] AssertionData(Ceremony ceremony) =>
        ceremony.AuthenticatorData([.. Head(ceremony, 0), .. ceremony.Trailing]);

    internal byte[] Sign(byte[] authenticatorData, byte[] clientJson)
    {
        byte[] signed = [.. authenticatorData, .. SHA256.HashData(clientJson)];
        return key is RSA rsa
            ? rsa.SignData(signed, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : ((ECDsa)key).SignData(signed, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    /// <summary>RegistrationResponseJSON, as <c>credential.toJSON()</c> has it.</summary>
    internal JsonObject Register(Ceremony ceremony) => RegisterWith(AttestationObject(ceremony), ceremony);

    internal JsonObject RegisterWith(byte[] attestationObject, Ceremony ceremony) =>
        Credential(
            new JsonObject
            {
                ["clientDataJSON"] = Base64Url.EncodeToString(ClientJson(ceremony, "webauthn.create")),
                ["attestationObject"] = Base64Url.EncodeToString(attestationObject),
                ["transports"] = new JsonArray("internal", "hybrid"),
            }
        );

    /// <summary>AuthenticationResponseJSON.</summary>
    internal JsonObject SignIn(Ceremony ceremony)
    {
        var client = ClientJson(ceremony, "webauthn.get");
        var data = AssertionData(ceremony);
        return Credential(
            new JsonObject
            {
                ["clientDataJSON"] = Base64Url.EncodeToString(client),
                ["authenticatorData"] = Base64Url.EncodeToString(data),
                ["signature"] = Base64Url.EncodeToString(ceremony.Signature(Sign(data, client))),
                ["userHandle"] = ceremony.UserHandle is { } handle ? Base64Url.EncodeToString(handle) : null,
            }
        );
    }

    public void Dispose() => key.Dispose();

    internal static byte[] Cose(RSAParameters rsa, int algorithm = -257) =>
        Map((1, 3), (3, algorithm), (-1, rsa.Modulus!), (-2, rsa.Exponent!));

    internal static byte[] Cose(ECParameters curve, int algorithm = -7, int curveId = 1) =>
        Map((1, 2), (3, algorithm), (-1, curveId), (-2, curve.Q.X!), (-3, curve.Q.Y!));

    private static byte[] Map(params (int Label, object Value)[] entries)
    {
        var writer = new CborWriter(CborConformanceMode.Ctap2Canonical);
        writer.WriteStartMap(entries.Length);
        foreach (var (label, value) in entries)
        {
            writer.WriteInt32(label);
            if (value is byte[] bytes)
                writer.WriteByteString(bytes);
            else
                writer.WriteInt32((int)value);
        }

        writer.WriteEndMap();
        return writer.Encode();
    }

    private byte[] Head(Ceremony ceremony, byte flags)
    {
        var count = new byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(count, ceremony.SignCount ?? ++signCount);
        return
        [
            .. SHA256.HashData(Encoding.UTF8.GetBytes(ceremony.RelyingPartyId)),
            (byte)(ceremony.Flags | flags),
            .. count,
        ];
    }

    private JsonObject Credential(JsonObject response) =>
        new()
        {
            ["id"] = Base64Url.EncodeToString(Id),
            ["rawId"] = Base64Url.EncodeToString(Id),
            ["type"] = "public-key",
            ["authenticatorAttachment"] = "platform",
            ["clientExtensionResults"] = new JsonObject(),
            ["response"] = response,
        };
}
