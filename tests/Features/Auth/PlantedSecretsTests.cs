using System.Text;
using Veza.Features.Auth.Factors;
using Veza.Infrastructure.Security;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Auth;

/// <summary>
/// Secrets are planted by using Veza as people do, and then looked for in everything that was written: every table, and
/// the server's whole log.
/// </summary>
public sealed class PlantedSecretsTests(VezaServer server) : IClassFixture<VezaServer>
{
    private const string Password = "planted-password-Kq7w";

    [Fact]
    public async Task Nothing_that_was_given_to_a_person_is_written_down()
    {
        var secrets = new Dictionary<string, string> { ["password"] = Password };
        var email = $"planted-{Guid.CreateVersion7():N}@example.org";
        var username = $"p{Guid.CreateVersion7():N}"[..20];
        var registered = (
            await server.Visitor.Post(
                "/api/v1/auth/register",
                new
                {
                    Email = email,
                    Username = username,
                    Password,
                }
            )
        ).Is(201).Data;
        var login = (await server.Visitor.Post("/api/v1/auth/login", new { Email = email, Password })).Is(200).Data;
        (await server.Visitor.Post("/api/v1/auth/login", new { Email = email, Password = Password + "-wrong" })).Is(
            401
        );
        (
            await server.Visitor.Post(
                "/api/v1/auth/register",
                new
                {
                    Email = email,
                    Username = username,
                    Password,
                }
            )
        ).Is(409);
        var refreshed = (
            await server.Visitor.Post("/api/v1/auth/refresh", new { RefreshToken = login.Text("refresh_token") })
        )
            .Is(200)
            .Data;
        foreach (var (name, pair) in new[] { ("registered", registered), ("login", login), ("refreshed", refreshed) })
            (secrets[$"access token of {name}"], secrets[$"refresh token of {name}"]) = (
                pair.Text("access_token"),
                pair.Text("refresh_token")
            );
        (string, string) bearer = ("Authorization", $"Bearer {refreshed.Text("access_token")}");
        secrets["API key"] = (
            await server.Visitor.Post(
                "/api/v1/auth/api-keys",
                new { Name = "planted", Scopes = new[] { "tracks:read" } },
                bearer
            )
        )
            .Is(201)
            .Data.Text("key");
        (await server.Visitor.Get("/api/v1/tracks", ("Authorization", $"Bearer {secrets["API key"]}"))).Is(200);
        (await server.Visitor.Post("/api/v1/auth/refresh", new { RefreshToken = login.Text("refresh_token") })).Is(200);
        var totp = (await server.Visitor.Post("/api/v1/auth/2fa/totp", null, bearer)).Is(200).Data;
        secrets["seed"] = totp.Text("secret");

        // A fault in the middle of a request writes the longest lines of all.
        await server.Database.Execute("alter table session rename to session_away");
        (await server.Visitor.Post("/api/v1/auth/login", new { Email = email, Password })).Is(500, "INTERNAL_ERROR");
        (await server.Visitor.Post("/api/v1/auth/refresh", new { RefreshToken = refreshed.Text("refresh_token") })).Is(
            500,
            "INTERNAL_ERROR"
        );
        await server.Database.Execute("alter table session_away rename to session");

        var tables = await server.Database.Column(
            "select format('%I', relname) from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
        );
        Assert.True(tables.Length > 15);
        var rows = new StringBuilder();
        foreach (var table in tables)
            rows.AppendJoin('\n', await server.Database.Column($"select t::text from {table} t"));
        Assert.Contains(email, rows.ToString(), StringComparison.Ordinal);
        Assert.Contains("failed: POST /api/v1/auth/login", server.Log, StringComparison.Ordinal);
        foreach (var (name, secret) in secrets)
        {
            foreach (
                var form in new[]
                {
                    secret,
                    Convert.ToHexStringLower(Encoding.UTF8.GetBytes(secret)),
                    Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)).TrimEnd('='),
                }
            )
            {
                Assert.False(
                    rows.ToString().Contains(form, StringComparison.OrdinalIgnoreCase),
                    $"The {name} stands in the database."
                );
                Assert.False(
                    server.Log.Contains(form, StringComparison.OrdinalIgnoreCase),
                    $"The {name} stands in the log."
                );
            }
        }

        // People are not named in logs either.
        foreach (var (name, personal) in new[] { ("e-mail", email), ("username", username) })
            Assert.False(
                server.Log.Contains(personal, StringComparison.OrdinalIgnoreCase),
                $"The {name} stands in the log."
            );
    }

    [Fact]
    public async Task Seeds_are_sealed_anew_after_a_rotation_and_still_prove_their_owner()
    {
        var mira = await Actor.RegisterByHttp(server, "mira");
        var app = AuthenticatorApp.Scan((await mira.Post("/api/v1/auth/2fa/totp")).Is(200).Data.Text("otpauth_uri"));
        var before = await server.Database.Scalar<byte[]>("select sealed from totp where account_id = $1", mira.Id);
        (await server.Run("keys", "rotate")).Succeeds();
        var later = new Secrets(await server.Premises.Keyring(new ShiftedClock(TimeSpan.FromMinutes(2))));
        await using (var db = await server.Premises.Source.OpenConnectionAsync())
        {
            Assert.NotEqual(0, await SecondFactor.Seeds.SealAnew(db, later));
            Assert.Equal(0, await SecondFactor.Seeds.SealAnew(db, later));
        }

        Assert.NotEqual(
            before,
            await server.Database.Scalar<byte[]>("select sealed from totp where account_id = $1", mira.Id)
        );
        // The server knows the new key when it has read the ring again.
        await Eventually.True(
            "the ring was read",
            async () =>
                (await server.Visitor.Get("/.well-known/jwks.json")).Is(200).Json.GetProperty("keys").GetArrayLength()
                == 2
        );
        (await mira.Post("/api/v1/auth/2fa/totp/confirm", new { app.Code })).Is(200);
        var said = (await server.Run("keys", "reseal")).Succeeds().Output;
        foreach (var what in new[] { "authenticator seeds", "provider tokens", "addresses of devices" })
            Assert.Contains($" {what} were sealed anew", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_sealed_opens_in_its_place_alone_and_after_a_rotation_too()
    {
        await using var premises = await TestEnvironment.Create();
        var clock = new MovedClock();
        var keyring = await premises.Keyring(clock);
        var secrets = new Secrets(keyring);
        var (sealedSeed, mac) = (secrets.Seal("seed"u8, "totp:1"), secrets.Mac("123456", "ticket:1"));
        Assert.NotEqual(sealedSeed, secrets.Seal("seed"u8, "totp:1"));
        Assert.ThrowsAny<System.Security.Cryptography.CryptographicException>(() => secrets.Open(sealedSeed, "totp:2"));
        for (var at = 0; at < sealedSeed.Length; at++)
        {
            var bent = (byte[])sealedSeed.Clone();
            bent[at] ^= 1;
            Assert.ThrowsAny<System.Security.Cryptography.CryptographicException>(() => secrets.Open(bent, "totp:1"));
        }

        Assert.False(secrets.Matches(mac, "123457", "ticket:1"));
        Assert.False(secrets.Matches(mac, "123456", "ticket:2"));

        await keyring.Rotate(TimeSpan.FromDays(30), CancellationToken.None);
        await keyring.Load(CancellationToken.None);
        clock.Move(TimeSpan.FromDays(400));
        Assert.NotEqual(sealedSeed[..4], secrets.Seal("seed"u8, "totp:1")[..4]);
        Assert.Equal("seed"u8.ToArray(), secrets.Open(sealedSeed, "totp:1"));
        Assert.True(secrets.Matches(mac, "123456", "ticket:1"));
    }
}
