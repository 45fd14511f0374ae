using Veza.Tests.Harness;
using static Veza.Tests.Harness.SecondFactors;

namespace Veza.Tests.Features.Auth.Factors;

/// <summary>Devices on which the second factor is not asked for again.</summary>
public sealed class TrustedDevicesTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    private async Task<(Actor Actor, string Device, Reply Reply)> Trusting(string name)
    {
        var actor = await Actor.Register(server, name);
        var (app, _) = await TurnOn(actor);
        var reply = (await Prove(actor, await MfaToken(actor), app.Code, trustDevice: true)).Is(200);
        return (actor, reply.Data.Text("device_token"), reply);
    }

    private static async Task<bool> IsAsked(
        Actor actor,
        string? device,
        params (string Name, string Value)[] headers
    ) => (await Login(actor, device, headers)).Is(200).Data.TryGetProperty("mfa_required", out _);

    [Fact]
    public async Task A_trusted_device_skips_the_second_factor_by_token_or_cookie()
    {
        var (mira, device, reply) = await Trusting("mira");
        var cookie = reply.Header("Set-Cookie")!;
        Assert.StartsWith($"veza_device={device};", cookie, StringComparison.Ordinal);
        foreach (var attribute in new[] { "httponly", "samesite=strict", "path=/api/v1/auth", "max-age=2592000" })
            Assert.Contains(attribute, cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("secure", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.True(await IsAsked(mira, null));
        Assert.False(await IsAsked(mira, device));
        Assert.False(await IsAsked(mira, null, ("Cookie", $"other=1; veza_device={device}")));
        Assert.False(await IsAsked(mira, "a stale one", ("Cookie", $"veza_device={device}")));
        Assert.Equal(
            2_592_000,
            await server.Database.Scalar<int>(
                "select extract(epoch from expires_at - created_at)::int from trusted_device where account_id = $1",
                mira.Id
            )
        );
    }

    [Fact]
    public async Task Behind_TLS_the_cookie_goes_over_TLS_only()
    {
        await using var secure = await VezaServer.Start(server.Premises, ("VEZA__PUBLIC_URL", "https://veza.example"));
        var mira = await Actor.Register(secure, "mira");
        var (app, _) = await TurnOn(mira);
        var proven = (await Prove(mira, await MfaToken(mira), app.Code, trustDevice: true)).Is(200);
        var cookie = proven.Header("Set-Cookie")!;
        Assert.Contains("; secure", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("; path=/;", cookie, StringComparison.Ordinal);
        Assert.StartsWith($"__Host-veza_device={proven.Data.Text("device_token")};", cookie, StringComparison.Ordinal);
        Assert.False(await IsAsked(mira, null, ("Cookie", cookie.Split(';')[0])));
        Assert.True(await IsAsked(mira, null, ("Cookie", $"veza_device={proven.Data.Text("device_token")}")));
    }

    [Fact]
    public async Task Trust_is_for_one_account_and_a_wrong_password_still_gets_nobody_in()
    {
        var (mira, device, _) = await Trusting("mira");
        var davor = await Actor.Register(server, "davor");
        await TurnOn(davor);
        Assert.True(await IsAsked(davor, device));
        (
            await server.Visitor.Post(
                "/api/v1/auth/login",
                new
                {
                    mira.Email,
                    Password = "not the sentence",
                    DeviceToken = device,
                }
            )
        ).Is(401, "CREDENTIALS_INVALID");
    }

    [Fact]
    public async Task A_device_is_listed_and_forgotten_by_its_owner()
    {
        var (mira, device, _) = await Trusting("mira");
        var listed = Assert.Single((await mira.Get("/api/v1/auth/2fa/trusted-devices")).Is(200).Data.EnumerateArray());
        Assert.Equal("127.0.0.1", listed.Text("ip"));
        Assert.Equal(1, (await State(mira)).Number("trusted_devices"));
        var davor = await Actor.Register(server, "davor");
        Assert.Empty((await davor.Get("/api/v1/auth/2fa/trusted-devices")).Is(200).Data.EnumerateArray());
        (await davor.Delete($"/api/v1/auth/2fa/trusted-devices/{listed.Text("id")}")).Is(
            404,
            "TRUSTED_DEVICE_NOT_FOUND"
        );
        Assert.False(await IsAsked(mira, device));
        (await mira.Delete($"/api/v1/auth/2fa/trusted-devices/{listed.Text("id")}")).Is(200);
        Assert.True(await IsAsked(mira, device));
        Assert.Equal(
            ["trusted_device.added", "trusted_device.forgotten"],
            (await Trail(mira)).Where(a => a.StartsWith("trusted", StringComparison.Ordinal))
        );
        (await mira.Delete($"/api/v1/auth/2fa/trusted-devices/{listed.Text("id")}")).Is(
            404,
            "TRUSTED_DEVICE_NOT_FOUND"
        );
    }

    [Fact]
    public async Task A_changed_password_takes_trust_away()
    {
        var (mira, device, _) = await Trusting("mira");
        Assert.False(await IsAsked(mira, device));
        await server.Database.Execute("update account set password_changed_at = now() where id = $1", mira.Id);
        Assert.True(await IsAsked(mira, device));
        Assert.Empty((await mira.Get("/api/v1/auth/2fa/trusted-devices")).Is(200).Data.EnumerateArray());
        Assert.Equal(0, (await State(mira)).Number("trusted_devices"));
    }

    [Fact]
    public async Task Trust_ends_after_thirty_days_and_use_does_not_prolong_it()
    {
        var (mira, device, _) = await Trusting("mira");
        await server.Database.Execute(
            "update trusted_device set expires_at = expires_at - interval '29 days 23 hours' where account_id = $1",
            mira.Id
        );
        Assert.False(await IsAsked(mira, device));
        await server.Database.Execute(
            "update trusted_device set expires_at = expires_at - interval '1 hour' where account_id = $1",
            mira.Id
        );
        Assert.True(await IsAsked(mira, device));
        Assert.Empty((await mira.Get("/api/v1/auth/2fa/trusted-devices")).Is(200).Data.EnumerateArray());
    }
}
