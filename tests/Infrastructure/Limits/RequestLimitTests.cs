using System.Globalization;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Limits;

/// <summary>Budgets and addresses as a client of the server meets them.</summary>
public sealed class RequestLimitTests
{
    private static Task<VezaServer> Start(params (string, string)[] more) =>
        VezaServer.Start([("VEZA__LIMITS__REQUESTS__PER_ADDRESS", "5"), .. more]);

    [Fact]
    public async Task Every_answer_says_how_the_budget_stands_and_the_first_beyond_it_when_to_come_back()
    {
        await using var server = await Start();
        for (var left = 4; left >= 0; left--)
        {
            var reply = await server.Visitor.Get(left == 2 ? "/api/v1/nowhere" : "/api/v1/tracks");
            Assert.Equal("\"address\";q=5;w=60", reply.Header("RateLimit-Policy"));
            Assert.Matches($"^\"address\";r={left};t=[0-9]+$", reply.Header("RateLimit"));
        }

        var refused = (await server.Visitor.Get("/api/v1/tracks")).Is(429, "RATE_LIMITED");
        Assert.InRange(int.Parse(refused.Header("Retry-After")!, CultureInfo.InvariantCulture), 1, 12);
        Assert.Matches("^\"address\";r=0;t=[0-9]+$", refused.Header("RateLimit"));
        Assert.Contains(
            "application/problem+json",
            (await server.Visitor.Get("/api/v1/tracks", ("Accept", "application/problem+json"))).Is(429).ContentType,
            StringComparison.Ordinal
        );
        // Whoever watches the process is never refused.
        for (var i = 0; i < 10; i++)
            Assert.Null((await server.Visitor.Get("/health/ready")).Is(200).Header("RateLimit"));
    }

    [Fact]
    public async Task A_caller_has_one_budget_at_all_addresses()
    {
        await using var server = await VezaServer.Start(
            ("VEZA__LIMITS__REQUESTS__PER_CALLER", "3"),
            ("VEZA__LIMITS__REQUESTS__PER_ADDRESS", "100"),
            ("VEZA__HTTP__PROXIES", "127.0.0.1")
        );
        var mira = await server.Register("mira");
        for (var i = 0; i < 3; i++)
        {
            var reply = (await mira.Get("/api/v1/auth/test", ("X-Forwarded-For", $"192.0.2.{i}"))).Is(200);
            Assert.Equal("\"address\";q=100;w=60, \"caller\";q=3;w=60", reply.Header("RateLimit-Policy"));
            Assert.Matches($"^\"address\";r=99;t=1, \"caller\";r={2 - i};t=[0-9]+$", reply.Header("RateLimit"));
        }

        (await mira.Get("/api/v1/auth/test", ("X-Forwarded-For", "192.0.2.9"))).Is(429, "RATE_LIMITED");
        (await server.Visitor.Get("/api/v1/tracks", ("X-Forwarded-For", "192.0.2.9"))).Is(200);
    }

    [Fact]
    public async Task A_forged_address_changes_nothing()
    {
        await using var server = await Start();
        for (var i = 0; i < 5; i++)
            (await server.Visitor.Get("/api/v1/tracks", Forged(i))).Is(200);
        (await server.Visitor.Get("/api/v1/tracks", Forged(9))).Is(429);

        static (string, string)[] Forged(int i) =>
            [
                ("X-Forwarded-For", $"192.0.2.{i}"),
                ("X-Real-IP", $"192.0.2.{i}"),
                ("Forwarded", $"for=192.0.2.{i}"),
                ("X-Forwarded-Host", "evil.example"),
            ];
    }

    [Fact]
    public async Task Who_is_no_proxy_of_ours_is_not_believed()
    {
        await using var server = await VezaServer.Start(
            ("VEZA__HTTP__PROXIES", "10.0.0.0/8"),
            ("ASPNETCORE_FORWARDEDHEADERS_ENABLED", "true")
        );
        (
            await server.Visitor.Post(
                "/api/v1/auth/register",
                new
                {
                    Email = "mira@example.org",
                    Username = "mira",
                    Actor.Password,
                },
                ("X-Forwarded-For", "192.0.2.7")
            )
        ).Is(201);
        Assert.Equal("127.0.0.1", Assert.Single(await server.Database.Column("select host(ip) from session")));
    }

    [Fact]
    public async Task Registrations_are_limited_by_address_and_by_subnet_through_a_proxy()
    {
        await using var server = await VezaServer.Start(
            ("VEZA__HTTP__PROXIES", "127.0.0.1"),
            ("VEZA__LIMITS__REGISTER__PER_ADDRESS", "2"),
            ("VEZA__LIMITS__REGISTER__PER_SUBNET", "3")
        );
        var count = 0;
        Task<Reply> Register(string address) =>
            server.Visitor.Post(
                "/api/v1/auth/register",
                new
                {
                    Email = $"someone{++count}@example.org",
                    Username = $"someone{count}",
                    Actor.Password,
                },
                ("X-Forwarded-For", $"203.0.113.66, {address}")
            );
        for (var i = 0; i < 2; i++)
            (await Register("192.0.2.1")).Is(201);
        var refused = (await Register("192.0.2.1")).Is(429, "RATE_LIMITED");
        Assert.InRange(int.Parse(refused.Header("Retry-After")!, CultureInfo.InvariantCulture), 3000, 3600);
        (await Register("192.0.2.2")).Is(201);
        (await Register("192.0.2.3")).Is(429, "RATE_LIMITED");
        (await Register("198.51.100.1")).Is(201);
    }
}
