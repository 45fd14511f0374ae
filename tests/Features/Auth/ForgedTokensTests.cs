using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Veza.Infrastructure.Security;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth;

/// <summary>
/// Access tokens that are signed with the server's own key, or look as if they were, and must not be taken: what is
/// wrong is their form, header, claims or signature.
/// </summary>
public sealed class ForgedTokensTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private static string Decode(string part) => Encoding.UTF8.GetString(Base64Url.DecodeFromChars(part));

    private async Task<ECDsa> Key() =>
        KeySet.Signing((await server.Premises.Keyring()).Keys.AccessToken, DateTime.UtcNow).Curve!;

    private async Task Refused(string token, string code = "TOKEN_INVALID") =>
        (await server.Visitor.Get("/api/v1/auth/me", ("Authorization", $"Bearer {token}"))).Is(401, code);

    private static string Sign(ECDsa key, string header, string payload)
    {
        var signed = $"{Encode(header)}.{Encode(payload)}";
        return $"{signed}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    /// <summary>The header and payload of a good token, so that each test spoils one thing alone.</summary>
    private async Task<(string Header, string Payload, ECDsa Key)> Good()
    {
        var mira = await server.Register("mira");
        var parts = mira.AccessToken.Split('.');
        var (header, payload, key) = (Decode(parts[0]), Decode(parts[1]), await Key());
        (
            await server.Visitor.Get("/api/v1/auth/me", ("Authorization", $"Bearer {Sign(key, header, payload + " ")}"))
        ).Is(200);
        return (header, payload, key);
    }

    [Theory]
    [InlineData("alg", "\"ES384\"")]
    [InlineData("alg", "\"es256\"")]
    [InlineData("alg", "\"ES256 \"")]
    [InlineData("alg", "[\"ES256\"]")]
    [InlineData("alg", "\"RS256\"")]
    [InlineData("alg", "\"PS256\"")]
    [InlineData("alg", "\"ES256K\"")]
    [InlineData("alg", "\"EdDSA\"")]
    [InlineData("alg", "\"\"")]
    [InlineData("alg", "null")]
    [InlineData("typ", "\"JWT\"")]
    [InlineData("typ", "\"AT+JWT\"")]
    [InlineData("typ", "\"application/at+jwt\"")]
    [InlineData("typ", "null")]
    [InlineData("kid", "null")]
    [InlineData("kid", "\"\"")]
    [InlineData("kid", "\"deadbeef\"")]
    [InlineData("kid", "\"../../../dev/null\"")]
    [InlineData("kid", "\"' or 1=1 --\"")]
    [InlineData("kid", "1")]
    [InlineData("crit", "[\"exp\"]")]
    [InlineData("crit", "[]")]
    [InlineData("b64", "false")]
    [InlineData("jku", "\"http://127.0.0.1:9/jwks.json\"")]
    [InlineData("x5u", "\"http://127.0.0.1:9/cert.pem\"")]
    [InlineData("x5c", "[\"AAAA\"]")]
    [InlineData("jwk", "{\"kty\":\"EC\"}")]
    [InlineData("zip", "\"DEF\"")]
    [InlineData("cty", "\"JWT\"")]
    public async Task A_header_says_what_ours_say_and_nothing_else(string name, string value)
    {
        var (header, payload, key) = await Good();
        var spoiled = JsonNode.Parse(header)!;
        spoiled[name] = JsonNode.Parse(value);
        await Refused(Sign(key, spoiled.ToJsonString(), payload));
    }

    [Fact]
    public async Task A_header_lacks_nothing()
    {
        var (header, payload, key) = await Good();
        foreach (var name in new[] { "alg", "typ", "kid" })
        {
            var lacking = JsonNode.Parse(header)!.AsObject();
            Assert.True(lacking.Remove(name));
            await Refused(Sign(key, lacking.ToJsonString(), payload));
        }

        foreach (var other in new[] { "", "null", "[]", "\"ES256\"", "{}", "{", header + header })
            await Refused(Sign(key, other, payload));
    }

    [Theory]
    [InlineData("iss", "\"http://elsewhere\"")]
    [InlineData("iss", "null")]
    [InlineData("iss", "[\"veza\"]")]
    [InlineData("aud", "\"VEZA\"")]
    [InlineData("aud", "[\"elsewhere\"]")]
    [InlineData("aud", "[\"elsewhere\",\"veza\"]")]
    [InlineData("sub", "\"mira\"")]
    [InlineData("sub", "\"{00000000-0000-0000-0000-000000000000}\"")]
    [InlineData("sub", "7")]
    [InlineData("sid", "null")]
    [InlineData("exp", "null")]
    [InlineData("exp", "\"99999999999\"")]
    [InlineData("exp", "99999999999.5")]
    [InlineData("exp", "9e99")]
    [InlineData("exp", "9223372036854775807")]
    [InlineData("exp", "-1")]
    [InlineData("nbf", "null")]
    [InlineData("nbf", "4102444800")]
    [InlineData("iat", "4102444800")]
    [InlineData("iat", "null")]
    [InlineData("roles", "\"admin\"")]
    [InlineData("roles", "[1]")]
    [InlineData("roles", "null")]
    [InlineData("username", "null")]
    [InlineData("auth_time", "\"now\"")]
    [InlineData("epoch", "-1")]
    [InlineData("epoch", "4294967296")]
    [InlineData("rotation", "null")]
    public async Task A_claim_is_of_its_kind_and_in_its_bounds(string name, string value)
    {
        var (header, payload, key) = await Good();
        var spoiled = JsonNode.Parse(payload)!;
        spoiled[name] = JsonNode.Parse(value);
        await Refused(Sign(key, header, spoiled.ToJsonString()));
    }

    [Fact]
    public async Task An_expired_token_is_told_from_a_forged_one_and_its_last_second_is_over()
    {
        var (header, payload, key) = await Good();
        var late = JsonNode.Parse(payload)!;
        late["exp"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        await Refused(Sign(key, header, late.ToJsonString()), "TOKEN_EXPIRED");
        using var foreign = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await Refused(Sign(foreign, header, late.ToJsonString()));
    }

    [Fact]
    public async Task A_name_stands_once()
    {
        var (header, payload, key) = await Good();
        await Refused(Sign(key, header, payload[..^1] + ",\"roles\":[\"admin\"]}"));
        await Refused(Sign(key, header, "{\"sub\":\"019b0c5e-8a30-7c11-9d3e-5f0d4c1a2b3c\"," + payload[1..]));
        await Refused(Sign(key, header[..^1] + ",\"alg\":\"ES256\"}", payload));
        await Refused(Sign(key, header[..^1] + ",\"al\\u0067\":\"none\"}", payload));
    }

    [Fact]
    public async Task One_text_has_one_meaning()
    {
        var (header, payload, key) = await Good();
        var good = Sign(key, header, payload);
        var parts = good.Split('.');
        foreach (
            var spoiled in new[]
            {
                $"{parts[0]}.{parts[1]}.{Stray(parts[2])}",
                $"{parts[0]}.{parts[1]}.{parts[2]}==",
                $"{parts[0]}.{parts[1]}.{parts[2]}.",
                $"{good}.{parts[2]}",
                $".{good}",
                $"{parts[0]}..{parts[2]}",
                $".{parts[1]}.{parts[2]}",
                $"{parts[0]} .{parts[1]}.{parts[2]}",
                $"{parts[0]}.{parts[1]} .{parts[2]}",
                $"{parts[0]}.\t{parts[1]}.{parts[2]}",
                $"{parts[0]}.{parts[1]}.{parts[2][..43]} {parts[2][43..]}",
                good.Replace('.', ','),
                $"\"{good}\"",
                $"{parts[0]}.{parts[1]}.{parts[2].Replace('-', '+').Replace('_', '/')}=",
                "..",
                ".",
                "a",
                "....",
                new string('.', 4000),
                new string('a', 4096),
                new string('a', 4097),
                $"{good}{new string('A', 4096 - good.Length)}",
            }
        )
            await Refused(spoiled);

        // 64 bytes leave four bits of the last character to spare.
        static string Stray(string part) => part[..^1] + (char)(part[^1] + 1);
    }

    [Fact]
    public async Task Two_authorization_headers_are_one_too_many()
    {
        var mira = await server.Register("mira");
        using var raw = await RawRequest.Open(
            server,
            $"GET /api/v1/auth/me HTTP/1.1\nHost: veza\nAuthorization: Bearer {mira.AccessToken}\n"
                + $"Authorization: Bearer {mira.AccessToken}\nConnection: close\n\n"
        );
        Assert.StartsWith("HTTP/1.1 401 ", await raw.ReadToEnd(), StringComparison.Ordinal);
    }

    /// <summary>
    /// What Wycheproof tries with ECDSA over P-256 in the form of IEEE P1363: bounds of r and s, lengths, and other
    /// encodings.
    /// </summary>
    [Fact]
    public async Task A_signature_is_two_numbers_of_32_bytes_within_their_bounds()
    {
        var (header, payload, key) = await Good();
        var good = Sign(key, header, payload);
        var signed = good[..good.LastIndexOf('.')];
        var signature = Base64Url.DecodeFromChars(good.AsSpan(good.LastIndexOf('.') + 1));
        var (r, s) = (signature[..32], signature[32..]);
        var order = Convert.FromHexString("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");
        var prime = Convert.FromHexString("FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF");
        byte[] zero = new byte[32],
            one = [.. new byte[31], 1],
            full = [.. Enumerable.Repeat((byte)255, 32)],
            belowOrder = [.. order[..31], (byte)(order[31] - 1)];
        var der = key.SignData(
            Encoding.ASCII.GetBytes(signed),
            HashAlgorithmName.SHA256,
            DSASignatureFormat.Rfc3279DerSequence
        );
        var forged = new List<byte[]>();
        byte[][] edges = [zero, one, order, belowOrder, prime, full];
        foreach (var a in edges)
        {
            forged.AddRange([
                [.. a, .. s],
                [.. r, .. a],
            ]);
            forged.AddRange(edges.Select(b => (byte[])[.. a, .. b]));
        }

        forged.AddRange([
            [],
            signature[..63],
            signature[1..],
            [.. signature, 0],
            [0, .. signature],
            [.. new byte[32], .. signature],
            [0, .. r, 0, .. s],
            [.. s, .. r],
            [.. r, .. r],
            r,
            [.. r.Reverse(), .. s.Reverse()],
            der,
            SHA256.HashData(signature),
            [.. signature, .. signature],
        ]);
        foreach (var bit in Enumerable.Range(0, 512).Where(i => i % 37 == 0))
        {
            var flipped = (byte[])signature.Clone();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            forged.Add(flipped);
        }

        Assert.True(forged.Count > 70);
        foreach (var spoiled in forged)
            await Refused($"{signed}.{Base64Url.EncodeToString(spoiled)}");
    }

    [Fact]
    public async Task Keys_that_are_too_weak_or_of_another_kind_are_never_loaded()
    {
        await using var premises = await TestEnvironment.Create();
        await premises.Keyring();
        using var master = MasterKey.Open(null, premises.Variables["VEZA__DATA"]!);
        using var rsa = RSA.Create(1024);
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var brainpool = ECDsa.Create(ECCurve.NamedCurves.brainpoolP256r1);
        foreach (
            var weak in new[]
            {
                rsa.ExportPkcs8PrivateKey(),
                p384.ExportPkcs8PrivateKey(),
                brainpool.ExportPkcs8PrivateKey(),
            }
        )
        {
            await premises.Database.Execute("delete from signing_key where id = 'weak'");
            await premises.Database.Execute(
                "insert into signing_key (id, purpose, sealed, active_from) values ('weak', 'access_token', $1, now())",
                master.Seal(weak, "access_token:weak")
            );
            await Assert.ThrowsAnyAsync<CryptographicException>(() => premises.Keyring());
        }

        await premises.Database.Execute("delete from signing_key where id = 'weak'");
        await premises.Keyring();
    }
}
