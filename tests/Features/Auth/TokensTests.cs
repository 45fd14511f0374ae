using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Veza.Infrastructure.Security;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth;

/// <summary>Access tokens: what a forger tries, and what another service needs to check them by itself.</summary>
public sealed class TokensTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    private static JsonNode Part(string token, int index) =>
        JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[index]))!;

    private async Task Refused(string token, string code = "TOKEN_INVALID") =>
        (await server.Visitor.Get("/api/v1/auth/me", ("Authorization", $"Bearer {token}"))).Is(401, code);

    private async Task<JsonElement[]> PublishedKeys() =>
        [.. (await server.Visitor.Get("/.well-known/jwks.json")).Is(200).Json.GetProperty("keys").EnumerateArray()];

    private static ECDsa KeyOf(JsonElement jwk) =>
        ECDsa.Create(
            new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint
                {
                    X = Base64Url.DecodeFromChars(jwk.Text("x")),
                    Y = Base64Url.DecodeFromChars(jwk.Text("y")),
                },
            }
        );

    [Fact]
    public async Task The_published_keys_verify_a_token()
    {
        var mira = await server.RegisterByHttp("mira");
        var (header, payload) = (Part(mira.AccessToken, 0), Part(mira.AccessToken, 1));
        Assert.Equal(("ES256", "at+jwt"), ((string)header["alg"]!, (string)header["typ"]!));
        Assert.Equal(
            (mira.Id.ToString(), server.Address, "veza"),
            ((string)payload["sub"]!, (string)payload["iss"]!, (string)payload["aud"]!)
        );
        using var key = KeyOf(Assert.Single(await PublishedKeys(), k => k.Text("kid") == (string)header["kid"]!));
        var parts = mira.AccessToken.Split('.');
        Assert.True(
            key.VerifyData(
                Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"),
                Base64Url.DecodeFromChars(parts[2]),
                HashAlgorithmName.SHA256
            )
        );
    }

    [Fact]
    public async Task A_token_without_a_signature_is_refused()
    {
        var mira = await server.RegisterByHttp("mira");
        var parts = mira.AccessToken.Split('.');
        foreach (var alg in new[] { "none", "None", "NONE" })
        {
            var header = Part(mira.AccessToken, 0);
            header["alg"] = alg;
            await Refused($"{Encode(header.ToJsonString())}.{parts[1]}.");
            await Refused($"{Encode(header.ToJsonString())}.{parts[1]}.{parts[2]}");
        }

        await Refused($"{parts[0]}.{parts[1]}.");
        await Refused($"{parts[0]}.{parts[1]}");
        await Refused("a.b.c");
        await Refused(new string('a', 10_000));
    }

    [Fact]
    public async Task The_public_key_is_no_shared_secret()
    {
        var mira = await server.RegisterByHttp("mira");
        var header = Part(mira.AccessToken, 0);
        var jwk = (await PublishedKeys()).Single(k => k.Text("kid") == (string)header["kid"]!);
        using var key = KeyOf(jwk);
        header["alg"] = "HS256";
        var signed = $"{Encode(header.ToJsonString())}.{mira.AccessToken.Split('.')[1]}";
        byte[][] secrets =
        [
            Encoding.ASCII.GetBytes(key.ExportSubjectPublicKeyInfoPem()),
            key.ExportSubjectPublicKeyInfo(),
            Encoding.ASCII.GetBytes(jwk.GetRawText()),
        ];
        foreach (var secret in secrets)
            await Refused(
                $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(signed)))}"
            );
    }

    [Fact]
    public async Task A_foreign_key_signs_nothing_under_its_own_id_or_ours()
    {
        var mira = await server.RegisterByHttp("mira");
        using var foreign = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var q = foreign.ExportParameters(includePrivateParameters: false).Q;
        foreach (
            var kid in new[] { "deadbeef", "", null, "../../etc/passwd", (string)Part(mira.AccessToken, 0)["kid"]! }
        )
        {
            var header = Part(mira.AccessToken, 0);
            header["kid"] = kid;
            // A key that comes with the token proves nothing.
            header["jwk"] = new JsonObject
            {
                ["kty"] = "EC",
                ["crv"] = "P-256",
                ["x"] = Base64Url.EncodeToString(q.X),
                ["y"] = Base64Url.EncodeToString(q.Y),
            };
            header["jku"] = "http://127.0.0.1:9/jwks.json";
            await Refused(Signed(foreign, header, Part(mira.AccessToken, 1)));
        }
    }

    [Fact]
    public async Task An_altered_payload_is_refused()
    {
        var mira = await server.RegisterByHttp("mira");
        var parts = mira.AccessToken.Split('.');
        var payload = Part(mira.AccessToken, 1);
        payload["roles"] = new JsonArray("admin");
        await Refused($"{parts[0]}.{Encode(payload.ToJsonString())}.{parts[2]}");
        await Refused($"{parts[0]}.{parts[1]}.{parts[2][..^4]}AAAA");
    }

    /// <summary>Signed with the server's own key: what is refused here is not the signature.</summary>
    [Fact]
    public async Task A_token_of_another_type_issuer_audience_or_time_is_refused_though_its_signature_is_good()
    {
        var mira = await server.RegisterByHttp("mira");
        var key = KeySet.Signing((await server.Premises.Keyring()).Keys.AccessToken, DateTime.UtcNow).Curve!;
        (JsonNode Header, JsonNode Payload) Parts() => (Part(mira.AccessToken, 0), Part(mira.AccessToken, 1));
        var (goodHeader, goodPayload) = Parts();
        goodPayload["jti"] = "signed by the test";
        (
            await server.Visitor.Get(
                "/api/v1/auth/me",
                ("Authorization", $"Bearer {Signed(key, goodHeader, goodPayload)}")
            )
        ).Is(200);

        var (header, _) = Parts();
        header["typ"] = "JWT";
        await Refused(Signed(key, header, goodPayload));
        foreach (
            var (claim, value) in new (string, JsonNode?)[]
            {
                ("iss", "http://elsewhere"),
                ("aud", "elsewhere"),
                ("aud", null),
                ("sub", "mira"),
                ("sub", null),
                ("sid", null),
                ("nbf", DateTimeOffset.UtcNow.AddMinutes(5).ToUnixTimeSeconds()),
            }
        )
        {
            var (sameHeader, payload) = Parts();
            payload[claim] = value;
            await Refused(Signed(key, sameHeader, payload));
        }

        var (lastHeader, late) = Parts();
        late["exp"] = DateTimeOffset.UtcNow.AddSeconds(-1).ToUnixTimeSeconds();
        late["nbf"] = DateTimeOffset.UtcNow.AddMinutes(-10).ToUnixTimeSeconds();
        await Refused(Signed(key, lastHeader, late), "TOKEN_EXPIRED");
        // A route that needs no token does not let a stale one pass in silence.
        (await server.Visitor.Get("/api/v1/tracks", ("Authorization", $"Bearer {Signed(key, lastHeader, late)}"))).Is(
            401,
            "TOKEN_EXPIRED"
        );
    }

    [Fact]
    public async Task Keys_rotate_while_the_server_runs_and_nobody_is_signed_out()
    {
        await using var running = await VezaServer.Start();
        var mira = await running.RegisterByHttp("mira");
        var first = (string)Part(mira.AccessToken, 0)["kid"]!;
        Assert.Contains(
            "New keys sign",
            (await running.Run("keys", "rotate")).Succeeds().Output,
            StringComparison.Ordinal
        );
        // The minute in which a new key is published but does not sign yet is over.
        await running.Database.Execute(
            "update signing_key set active_from = now() - interval '1 second' where retires_at is null"
        );

        var second = (string)
            (
                await Eventually
                    .Get(
                        "a new key signs",
                        async () =>
                        {
                            var token = (await mira.SignIn()).AccessToken;
                            return (string)Part(token, 0)["kid"]! == first ? null : token;
                        }
                    )
                    .ContinueWith(t => Part(t.GetAwaiter().GetResult(), 0)["kid"]!, TaskScheduler.Default)
            )!;
        var published = (await running.Visitor.Get("/.well-known/jwks.json"))
            .Is(200)
            .Json.GetProperty("keys")
            .EnumerateArray()
            .Select(k => k.Text("kid"));
        Assert.Equal(new[] { first, second }.Order(), published.Order());
        (await mira.Get("/api/v1/auth/me")).Is(200);
        mira.Take((await mira.Refresh()).Is(200).Data);
        Assert.Equal(second, (string)Part(mira.AccessToken, 0)["kid"]!);
        (await mira.Get("/api/v1/auth/me")).Is(200);
    }

    private static string Signed(ECDsa key, JsonNode header, JsonNode payload)
    {
        var signed = $"{Encode(header.ToJsonString())}.{Encode(payload.ToJsonString())}";
        return $"{signed}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256))}";
    }

    /// <summary>As long as the real ones, and each with one letter that base64url has not.</summary>
    [Fact]
    public async Task Letters_that_are_no_token_are_refused()
    {
        var mira = await server.RegisterByHttp("mira");
        static string Spoilt(string token) => token[..^3] + "!" + token[^2..];
        var signedIn = (await server.Visitor.Post("/api/v1/auth/login", new { mira.Email, Actor.Password }))
            .Is(200)
            .Data;
        (
            await server.Visitor.Post(
                "/api/v1/auth/refresh",
                new { RefreshToken = Spoilt(signedIn.Text("refresh_token")) }
            )
        ).Is(401, "REFRESH_TOKEN_INVALID");
        (await mira.Get($"/api/v1/users/me/likes?cursor={Spoilt(new string('A', 32))}")).Is(422, "VALIDATION_ERROR");
        (await mira.Get($"/api/v1/auth/audit-log?cursor={Spoilt(new string('A', 32))}")).Is(422, "VALIDATION_ERROR");
        var grant = new string('A', Base64Url.GetEncodedLength(52));
        (await server.Visitor.Get($"/stream/{Spoilt(grant)}/{mira.Id}/1/master.m3u8")).Is(
            403,
            "STREAM_SIGNATURE_INVALID"
        );
    }
}
