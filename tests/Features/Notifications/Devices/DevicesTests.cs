using Veza.Features.Notifications;
using Veza.Features.Notifications.Devices;
using Veza.Infrastructure.Security;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Notifications.Devices;

/// <summary>
/// Devices are registered with sound keys and public addresses, few for each account, and nobody sees where they are.
/// </summary>
public sealed class DevicesTests(VezaServer server) : IClassFixture<VezaServer>
{
    private const string P256dh =
            "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        Auth = "BTBZMqHH6r4Tts7J_aSIgg";

    // Public addresses need no look-up, and nothing is sent to them here.
    private static object Subscription(string endpoint, string? name = null) =>
        new
        {
            Endpoint = endpoint,
            Keys = new { P256dh, Auth },
            Name = name,
        };

    [Fact]
    public async Task A_device_is_registered_renewed_listed_and_removed_by_its_owner()
    {
        var (mira, davor) = (await Actor.Register(server, "mira"), await Actor.Register(server, "davor"));
        var made = (
            await mira.Post(
                "/api/v1/notifications/devices",
                Subscription("https://1.1.1.1/push/secret-of-mira", "Laptop")
            )
        )
            .Is(201)
            .Data;
        Assert.Equal(
            ("web_push", "1.1.1.1", "Laptop", true),
            (made.Text("kind"), made.Text("host"), made.Text("name"), made.GetProperty("current").GetBoolean())
        );
        var again = (
            await mira.Post(
                "/api/v1/notifications/devices",
                Subscription("https://1.1.1.1/push/secret-of-mira", "Desk")
            )
        )
            .Is(201)
            .Data;
        Assert.Equal(
            (made.GetProperty("id").GetGuid(), "Desk"),
            (again.GetProperty("id").GetGuid(), again.Text("name"))
        );
        Assert.Single((await mira.Get("/api/v1/notifications/devices")).Is(200).Data.EnumerateArray());

        // The endpoint is a capability: it stands nowhere in the open.
        Assert.DoesNotContain(
            "secret-of-mira",
            (await mira.Get("/api/v1/notifications/devices")).Text,
            StringComparison.Ordinal
        );
        var row = await server.Database.Scalar<string>(
            "select row_to_json(d)::text || encode(d.sealed, 'escape') from push_device d where account_id = $1",
            mira.Id
        );
        Assert.DoesNotContain("secret-of-mira", row, StringComparison.Ordinal);

        (await davor.Delete($"/api/v1/notifications/devices/{made.GetProperty("id").GetGuid()}")).Is(
            404,
            "PUSH_DEVICE_NOT_FOUND"
        );
        (await mira.Delete($"/api/v1/notifications/devices/{made.GetProperty("id").GetGuid()}")).Is(200);
        (await mira.Delete($"/api/v1/notifications/devices/{made.GetProperty("id").GetGuid()}")).Is(
            404,
            "PUSH_DEVICE_NOT_FOUND"
        );
    }

    [Fact]
    public async Task Addresses_are_sealed_anew_after_a_rotation_and_still_open()
    {
        var mira = await Actor.Register(server, "mira");
        (await mira.Post("/api/v1/notifications/devices", Subscription("https://1.1.1.1/push/resealed"))).Is(201);
        (await server.Run("keys", "rotate")).Succeeds();
        var later = new Secrets(await server.Premises.Keyring(new ShiftedClock(TimeSpan.FromMinutes(2))));
        await using var db = await server.Premises.Source.OpenConnectionAsync();
        Assert.NotEqual(0, await PushAddress.Addresses.SealAnew(db, later));
        Assert.Equal(0, await PushAddress.Addresses.SealAnew(db, later));
        var (address, hash) = (
            await server.Database.Scalar<byte[]>("select sealed from push_device where account_id = $1", mira.Id),
            await server.Database.Scalar<byte[]>("select address_hash from push_device where account_id = $1", mira.Id)
        );
        Assert.Equal("https://1.1.1.1/push/resealed", PushAddress.Open(later, address, hash).Endpoint);
    }

    [Theory]
    [InlineData("https://127.0.0.1/push")]
    [InlineData("https://localhost/push")]
    [InlineData("https://[::1]/push")]
    [InlineData("https://10.0.0.1/push")]
    [InlineData("https://169.254.169.254/latest/meta-data")]
    [InlineData("https://192.168.1.1/push")]
    [InlineData("https://[::ffff:127.0.0.1]/push")]
    [InlineData("https://2130706433/push")]
    [InlineData("https://0/")]
    [InlineData("https://0.0.0.0/push")]
    [InlineData("https://[::]/")]
    [InlineData("https://[::ffff:0.0.0.0]/")]
    [InlineData("https://[::ffff:10.0.0.1]/")]
    [InlineData("https://[64:ff9b::10.0.0.1]/")]
    [InlineData("https://[64:ff9b:1::1]/")]
    [InlineData("https://[fe80::1%251]/")]
    [InlineData("https://255.255.255.255/")]
    [InlineData("https://224.0.0.1/")]
    [InlineData("https://app.localhost/push")]
    [InlineData("http://1.1.1.1/push")]
    [InlineData("https://user:password@1.1.1.1/push")]
    [InlineData("file:///etc/passwd")]
    public async Task An_endpoint_that_is_no_public_push_service_is_refused(string endpoint) =>
        (await (await server.Register("mira")).Post("/api/v1/notifications/devices", Subscription(endpoint))).Is(
            422,
            "PUSH_ENDPOINT_REFUSED"
        );

    /// <summary>
    /// A name that nobody can have, or that no resolver takes: refused in whatever way, and no fault of the server.
    /// </summary>
    [Theory]
    [InlineData("https://")]
    [InlineData("https:///push")]
    [InlineData("https://./")]
    [InlineData("https://..../")]
    [InlineData("https://a..b/")]
    [InlineData("https://xn--/")]
    [InlineData("https://xn--a-ecp.ru\u0000/")]
    [InlineData("https://\ud83d/")]
    [InlineData("https://LONG/")]
    [InlineData("https://LABEL.example/")]
    [InlineData("https://[::1/")]
    [InlineData("https://[v1.x]/")]
    [InlineData("https://1.2.3.4.5/")]
    [InlineData("https://999.1.1.1/")]
    [InlineData("https://example.org:99999/")]
    public async Task A_name_that_leads_nowhere_is_refused_or_looked_up_later(string endpoint)
    {
        var asked = endpoint
            .Replace("LONG", string.Join('.', Enumerable.Repeat(new string('a', 60), 10)), StringComparison.Ordinal)
            .Replace("LABEL", new string('a', 70), StringComparison.Ordinal);
        Assert.Contains(
            (
                await (await Actor.Register(server, "mira")).Post("/api/v1/notifications/devices", Subscription(asked))
            ).Status,
            new[] { 201, 400, 422 }
        );
    }

    [Fact]
    public async Task What_is_no_subscription_is_refused_field_by_field()
    {
        var mira = await server.Register("mira");
        Assert.Equal(
            ["endpoint INVALID_FORMAT", "keys INVALID_FORMAT"],
            (await mira.Post("/api/v1/notifications/devices", new { })).Is(422, "VALIDATION_ERROR").FieldErrors
        );
        Assert.Equal(
            ["endpoint INVALID_FORMAT"],
            (await mira.Post("/api/v1/notifications/devices", Subscription("push/1")))
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );
        Assert.Equal(
            ["endpoint INVALID_FORMAT"],
            (await mira.Post("/api/v1/notifications/devices", Subscription("https://1.1.1.1/" + new string('x', 1000))))
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );
        Assert.Equal(
            ["keys INVALID_FORMAT"],
            (
                await mira.Post(
                    "/api/v1/notifications/devices",
                    new { Endpoint = "https://1.1.1.1/1", Keys = new { P256dh = P256dh[..^1] + "A", Auth } }
                )
            )
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );
        Assert.Equal(
            ["kind NOT_ALLOWED"],
            (await mira.Post("/api/v1/notifications/devices", new { Kind = "pigeon" }))
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );
        Assert.Equal(
            ["app REQUIRED", "token REQUIRED"],
            (await mira.Post("/api/v1/notifications/devices", new { Kind = "gateway" }))
                .Is(422, "VALIDATION_ERROR")
                .FieldErrors
        );
        (
            await mira.Post(
                "/api/v1/notifications/devices",
                new
                {
                    Kind = "gateway",
                    App = "a",
                    Token = "t",
                }
            )
        ).Is(422, "PUSH_KIND_UNAVAILABLE");
    }

    [Fact]
    public async Task An_account_has_so_many_devices_and_no_more_also_when_they_come_at_once()
    {
        var mira = await Actor.Register(server, "mira");
        var replies = await Task.WhenAll(
            Enumerable
                .Range(0, NotificationsLimits.DevicesMax + 5)
                .Select(i => mira.Post("/api/v1/notifications/devices", Subscription($"https://1.1.1.1/{mira.Id}/{i}")))
        );
        Assert.Equal(
            (NotificationsLimits.DevicesMax, 5),
            (
                replies.Count(r => r.Status == 201),
                replies.Count(r => r.Status == 409 && r.ErrorCode == "TOO_MANY_PUSH_DEVICES")
            )
        );
        var kept = replies.First(r => r.Status == 201).Data.GetProperty("id").GetGuid();
        (await mira.Delete($"/api/v1/notifications/devices/{kept}")).Is(200);
        (await mira.Post("/api/v1/notifications/devices", Subscription($"https://1.1.1.1/{mira.Id}/more"))).Is(201);
    }

    [Fact]
    public async Task The_key_of_subscriptions_outlives_a_rotation()
    {
        var mira = await server.Register("mira");
        var key = (await mira.Get("/api/v1/notifications/vapid-key")).Is(200).Data.Text("public_key");
        Assert.Equal((87, 'B'), (key.Length, key[0]));
        (await server.Run("keys", "rotate")).Succeeds();
        Assert.Equal(
            "1",
            await server.Database.Scalar<string>("select count(*)::text from signing_key where purpose = 'web_push'")
        );
        await server.Restart();
        Assert.Equal(
            key,
            (await (await mira.SignIn()).Get("/api/v1/notifications/vapid-key")).Is(200).Data.Text("public_key")
        );
    }
}
