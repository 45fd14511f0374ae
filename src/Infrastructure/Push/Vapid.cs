using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Security;

namespace Veza.Infrastructure.Push;

/// <summary>
/// How this server makes itself known to push services: RFC 8292. Its key is part of every subscription, so it never
/// changes by itself.
/// </summary>
internal sealed class Vapid(Keyring keyring, Settings settings)
{
    /// <summary>Half of what is allowed: the clocks of push services need not be right.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    private RingKey Key => KeySet.Signing(keyring.Keys.WebPush, keyring.Now);

    /// <summary>The applicationServerKey of subscriptions: the point in its uncompressed form, in base64url.</summary>
    internal string PublicKey =>
        Base64Url.EncodeToString(PushKeys.PointOf(Key.Curve!.ExportParameters(includePrivateParameters: false)));

    /// <summary>The Authorization header for an endpoint, good for its origin alone.</summary>
    internal string Authorization(Uri endpoint)
    {
        var claims = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(claims))
        {
            json.WriteStartObject();
            json.WriteString("aud", endpoint.GetLeftPart(UriPartial.Authority));
            json.WriteNumber("exp", new DateTimeOffset(keyring.Now + Lifetime, TimeSpan.Zero).ToUnixTimeSeconds());
            json.WriteString("sub", settings.Push.Contact);
            json.WriteEndObject();
        }

        var signed =
            $"{Base64Url.EncodeToString("""{"typ":"JWT","alg":"ES256"}"""u8)}.{Base64Url.EncodeToString(claims.WrittenSpan)}";
        var signature = Key.Curve!.SignData(
            Encoding.ASCII.GetBytes(signed),
            HashAlgorithmName.SHA256,
            DSASignatureFormat.IeeeP1363FixedFieldConcatenation
        );
        return $"vapid t={signed}.{Base64Url.EncodeToString(signature)}, k={PublicKey}";
    }
}
