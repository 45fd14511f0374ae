using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Security;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Security;

/// <summary>The verifier of both ceremonies, part by part.</summary>
public sealed class WebAuthnTests
{
    private static readonly RelyingParty Party = new(
        Settings
            .Read(
                new ConfigurationBuilder()
                    .AddInMemoryCollection(
                        new Dictionary<string, string?>
                        {
                            ["postgres"] = "Host=nowhere",
                            ["redis"] = "nowhere",
                            ["storage"] = Path.GetTempPath(),
                            ["public_url"] = "https://veza.example/",
                            ["http:origins"] = "https://app.veza.example",
                        }
                    )
                    .Build(),
                Modules.All
            )
            .Settings!
    );

    private static readonly Ceremony Sound = new()
    {
        Challenge = "Y2hhbGxlbmdl",
        Origin = "https://veza.example",
        RelyingPartyId = "veza.example",
    };

    private static WebAuthn.NewCredential Register(SoftPasskey passkey, Ceremony ceremony) =>
        WebAuthn.VerifyNew(
            Party,
            ClientData.Read(SoftPasskey.ClientJson(ceremony, "webauthn.create")),
            passkey.AttestationObject(ceremony)
        );

    private static WebAuthn.Assertion SignIn(
        SoftPasskey passkey,
        Ceremony ceremony,
        Func<byte[], byte[]>? tampered = null
    )
    {
        var client = SoftPasskey.ClientJson(ceremony, "webauthn.get");
        var data = passkey.AssertionData(ceremony);
        var signature = ceremony.Signature(passkey.Sign(data, client));
        client = tampered?.Invoke(client) ?? client;
        return WebAuthn.VerifyAssertion(
            Party,
            CoseKey.Read(passkey.CoseKey),
            ClientData.Read(client),
            client,
            data,
            signature
        );
    }

    private static void Refused(string reason, Action ceremony) =>
        Assert.Contains(reason, Assert.Throws<WebAuthnFaultException>(ceremony).Message, StringComparison.Ordinal);

    [Fact]
    public void Both_algorithms_register_and_sign_in()
    {
        foreach (var key in new AsymmetricAlgorithm[] { ECDsa.Create(ECCurve.NamedCurves.nistP256), RSA.Create(2048) })
        {
            using var passkey = new SoftPasskey(key);
            var made = Register(passkey, Sound with { Flags = 0x1D });
            Assert.Equal(passkey.Id, made.Id);
            Assert.Equal(passkey.CoseKey, made.PublicKey);
            Assert.Equal(
                (key is RSA ? -257 : -7, 1L, true, true),
                (made.Algorithm, made.SignCount, made.BackupEligible, made.BackedUp)
            );
            Assert.Equal(
                (2L, false, false),
                SignIn(passkey, Sound) is var proof ? (proof.SignCount, proof.BackupEligible, proof.BackedUp) : default
            );
            Assert.Equal(
                3L,
                SignIn(passkey, Sound with { Origin = "https://app.veza.example", CrossOrigin = null }).SignCount
            );
        }
    }

    [Fact]
    public void Only_the_right_page_ceremony_and_person_count()
    {
        using var passkey = new SoftPasskey();
        foreach (var ceremony in new Action<Ceremony>[] { c => Register(passkey, c), c => SignIn(passkey, c) })
        {
            Refused("another ceremony", () => ceremony(Sound with { Type = "payment.get" }));
            foreach (
                var origin in new[]
                {
                    "https://evil.example",
                    "http://veza.example",
                    "https://veza.example:444",
                    "https://veza.example.evil.example",
                    "https://veza.example/",
                    "null",
                    "",
                }
            )
                Refused("page of another origin", () => ceremony(Sound with { Origin = origin }));
            Refused("inside a page", () => ceremony(Sound with { CrossOrigin = true }));
            Refused("another relying party's", () => ceremony(Sound with { RelyingPartyId = "example" }));
            Refused("not present", () => ceremony(Sound with { Flags = 0x04 }));
            Refused("not verified", () => ceremony(Sound with { Flags = 0x01 }));
            Refused("backed up and cannot be", () => ceremony(Sound with { Flags = 0x15 }));
            Refused("Something follows", () => ceremony(Sound with { Trailing = [0] }));
            Refused("extensions", () => ceremony(Sound with { Flags = 0x85 }));
            Refused("extensions", () => ceremony(Sound with { Flags = 0x85, Trailing = [0x01] }));
            ceremony(Sound with { Flags = 0x85, Trailing = [0xA1, 0x61, 0x61, 0xF5] });
        }

        Refused("another ceremony", () => Register(passkey, Sound with { Type = "webauthn.get" }));
        Refused("another ceremony", () => SignIn(passkey, Sound with { Type = "webauthn.create" }));
        Refused(
            "no credential",
            () => Register(passkey, Sound with { AuthenticatorData = d => [.. d[..32], 0x05, .. d[33..37]] })
        );
    }

    [Fact]
    public void A_signature_covers_every_bit_of_both_texts()
    {
        using var passkey = new SoftPasskey();
        using var other = new SoftPasskey();
        Refused("signature", () => SignIn(passkey, Sound with { Signature = s => [.. s[..^1], (byte)(s[^1] ^ 1)] }));
        Refused("signature", () => SignIn(passkey, Sound with { Signature = _ => [] }));
        Refused("signature", () => SignIn(passkey, Sound with { Signature = _ => new byte[64] }));
        Refused(
            "signature",
            () =>
                SignIn(
                    passkey,
                    Sound with
                    {
                        Signature = _ =>
                            other.Sign(passkey.AssertionData(Sound), SoftPasskey.ClientJson(Sound, "webauthn.get")),
                    }
                )
        );
        Refused("signature", () => SignIn(passkey, Sound, client => [.. client[..^1], (byte)' ', (byte)'}']));
        Refused(
            "signature",
            () =>
                SignIn(
                    passkey,
                    Sound,
                    _ => SoftPasskey.ClientJson(Sound with { Challenge = "b3RoZXI" }, "webauthn.get")
                )
        );
        using var rsa = new SoftPasskey(RSA.Create(2048));
        Refused("signature", () => SignIn(rsa, Sound with { Signature = s => [.. s[..^1], (byte)(s[^1] ^ 1)] }));
    }

    [Fact]
    public void Only_keys_of_the_two_algorithms_are_taken()
    {
        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var rsa = RSA.Create(2048);
        using var weak = RSA.Create(1024);
        var (p, r) = (curve.ExportParameters(false), rsa.ExportParameters(false));
        var offCurve = new ECParameters
        {
            Q = new ECPoint { X = p.Q.X, Y = [.. p.Q.Y![..31], (byte)(p.Q.Y[31] ^ 1)] },
        };
        foreach (
            var key in new[]
            {
                SoftPasskey.Cose(weak.ExportParameters(false)),
                SoftPasskey.Cose(r, -65535),
                SoftPasskey.Cose(r, -7),
                SoftPasskey.Cose(r with { Exponent = [3] }),
                SoftPasskey.Cose(p, -8),
                SoftPasskey.Cose(p, -257),
                SoftPasskey.Cose(p, curveId: 2),
                SoftPasskey.Cose(offCurve),
                SoftPasskey.Cose(
                    new ECParameters
                    {
                        Q = new ECPoint { X = new byte[32], Y = new byte[32] },
                    }
                ),
                SoftPasskey.Cose(
                    new ECParameters
                    {
                        Q = new ECPoint { X = p.Q.X![1..], Y = p.Q.Y },
                    }
                ),
                [0xA0],
                [0xA2, 0x01, 0x02, 0x01, 0x02],
            }
        )
        {
            using var passkey = new SoftPasskey { CoseKey = key };
            Assert.Contains(
                "public key",
                Assert.Throws<WebAuthnFaultException>(() => Register(passkey, Sound)).Message,
                StringComparison.Ordinal
            );
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{\"type\":1,\"challenge\":\"a\",\"origin\":\"b\"}")]
    [InlineData("{\"type\":\"a\",\"origin\":\"b\"}")]
    [InlineData("{\"type\":\"a\",\"type\":\"a\",\"challenge\":\"a\",\"origin\":\"b\"}")]
    public void Client_data_that_is_none_is_refused(string json) =>
        Refused("client data", () => ClientData.Read(System.Text.Encoding.UTF8.GetBytes(json)));

    /// <summary>
    /// Bytes changed, cut, doubled and thrown in, from a fixed seed: whatever comes, the verifier says no or reads it,
    /// and throws nothing else.
    /// </summary>
    [Fact]
    public void Broken_attestations_are_refused_and_nothing_else_happens()
    {
        using var passkey = new SoftPasskey();
        var sound = passkey.AttestationObject(Sound);
        var random = new Random(20260301);
        var refused = 0;
        for (var i = 0; i < 5_000; i++)
        {
            var bytes = Mutation.Of(sound, random);
            try
            {
                WebAuthn.VerifyNew(Party, ClientData.Read(SoftPasskey.ClientJson(Sound, "webauthn.create")), bytes);
            }
            catch (WebAuthnFaultException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 1_000, 5_000);
        Refused(
            "CBOR",
            () =>
                WebAuthn.VerifyNew(
                    Party,
                    ClientData.Read(SoftPasskey.ClientJson(Sound, "webauthn.create")),
                    Enumerable.Repeat((byte)0x81, 100_000).ToArray()
                )
        );
    }
}
