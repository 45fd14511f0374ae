using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Http;

/// <summary>A server that believes some proxies, this machine among them.</summary>
public sealed class ProxiedServer : IAsyncLifetime
{
    internal VezaServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() =>
        Server = await VezaServer.Start(("VEZA__HTTP__PROXIES", "127.0.0.1, 10.0.0.0/8, 2001:db8:ffff::/48"));

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}

public sealed class ForwardedForTests(ProxiedServer proxied) : IClassFixture<ProxiedServer>
{
    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("203.0.113.66, 192.0.2.7", "192.0.2.7")]
    [InlineData("203.0.113.66, 192.0.2.7, 10.1.2.3", "192.0.2.7")]
    [InlineData("10.9.9.9, 10.1.2.3", "10.9.9.9")]
    [InlineData("203.0.113.66, nonsense", "127.0.0.1")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("203.0.113.66, ::ffff:192.0.2.7, ::ffff:10.1.2.3", "192.0.2.7")]
    [InlineData("2001:db8::7, 2001:db8:ffff::1", "2001:db8::7")]
    [InlineData("fe80::7%3", "fe80::7")]
    [InlineData("192.0.2.7:4711", "192.0.2.7")]
    public async Task The_word_of_our_proxies_is_read_from_right_to_left(string forwarded, string address)
    {
        var server = proxied.Server;
        var name = $"a{Guid.CreateVersion7():N}"[..20];
        (
            await server.Visitor.Post(
                "/api/v1/auth/register",
                new
                {
                    Email = $"{name}@example.org",
                    Username = name,
                    Actor.Password,
                },
                ("X-Forwarded-For", forwarded)
            )
        ).Is(201);
        Assert.Equal(
            address,
            Assert.Single(
                await server.Database.Column(
                    "select host(session.ip) from session join account on account.id = account_id where username = $1",
                    name
                )
            )
        );
    }
}
