using System.Net;
using System.Net.Sockets;
using Veza.Infrastructure.Push;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Push;

/// <summary>Strangers' URLs lead to the public internet or nowhere.</summary>
public sealed class PushDestinationsTests
{
    private static PushDestinations Destinations(string networks = "") =>
        new(StatedSettings.Read(("VEZA__PUSH__NETWORKS", networks)));

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("10.1.2.3")]
    [InlineData("100.64.0.1")]
    [InlineData("100.127.255.255")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.0.0.192")]
    [InlineData("192.0.2.1")]
    [InlineData("192.168.0.1")]
    [InlineData("198.18.0.1")]
    [InlineData("198.51.100.7")]
    [InlineData("203.0.113.9")]
    [InlineData("224.0.0.1")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::7f00:1")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("64:ff9b:1::1")]
    [InlineData("100::1")]
    [InlineData("2001::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:7f00:1::1")]
    [InlineData("3fff::1")]
    [InlineData("fc00::1")]
    [InlineData("fd12:3456::1")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1%1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    public void An_address_that_is_not_public_is_refused(string address) =>
        Assert.False(Destinations().Allows(IPAddress.Parse(address)));

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.1")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.1")]
    [InlineData("172.217.16.202")]
    [InlineData("192.169.0.1")]
    [InlineData("223.255.255.254")]
    [InlineData("2606:4700:4700::1111")]
    [InlineData("2a00:1450:4001:82b::200a")]
    public void A_public_address_is_taken(string address) =>
        Assert.True(Destinations().Allows(IPAddress.Parse(address)));

    [Theory]
    [InlineData("https://127.0.0.1/push")]
    [InlineData("https://127.1/push")]
    [InlineData("https://2130706433/push")]
    [InlineData("https://0x7f000001/push")]
    [InlineData("https://0177.0.0.1/push")]
    [InlineData("https://[::1]/push")]
    [InlineData("https://[::ffff:127.0.0.1]/push")]
    [InlineData("https://0/")]
    [InlineData("https://0.0.0.0/")]
    [InlineData("https://[::]/")]
    [InlineData("https://[::ffff:0.0.0.0]/")]
    [InlineData("https://[64:ff9b::7f00:1]/")]
    [InlineData("https://[64:ff9b:1::1]/")]
    [InlineData("https://localhost/push")]
    [InlineData("https://localhost./push")]
    [InlineData("https://169.254.169.254/latest/meta-data/")]
    [InlineData("https://10.0.0.1:5432/")]
    [InlineData("http://1.1.1.1/push")]
    [InlineData("https://user@1.1.1.1/push")]
    [InlineData("https://1.1.1.1/push#fragment")]
    [InlineData("ftp://1.1.1.1/push")]
    [InlineData("file:///etc/passwd")]
    [InlineData("gopher://1.1.1.1/")]
    public async Task A_url_that_leads_elsewhere_is_refused(string url) =>
        Assert.False(await Destinations().Takes(new Uri(url), CancellationToken.None));

    [Fact]
    public async Task What_the_operator_allows_is_taken_also_without_tls_and_nothing_beside_it()
    {
        Assert.True(await Destinations().Takes(new Uri("https://1.1.1.1/push"), CancellationToken.None));
        var ours = Destinations("127.0.0.0/8, fd00::/8");
        Assert.True(await ours.Takes(new Uri("http://127.0.0.1:8080/push"), CancellationToken.None));
        Assert.True(await ours.Takes(new Uri("https://[fd00::1]/push"), CancellationToken.None));
        Assert.False(await ours.Takes(new Uri("https://10.0.0.1/push"), CancellationToken.None));
        Assert.False(await ours.Takes(new Uri("http://1.1.1.1/push"), CancellationToken.None));
    }

    /// <summary>
    /// As with a name whose addresses have changed since it was registered: what counts is the address that is
    /// connected to.
    /// </summary>
    [Fact]
    public async Task A_name_that_leads_inside_is_not_connected_to()
    {
        using var inside = new TcpListener(IPAddress.Loopback, 0);
        inside.Start();
        var port = ((IPEndPoint)inside.LocalEndpoint).Port;
        using var http = new PushHttp(Destinations(), TimeProvider.System);
        foreach (var host in new[] { "localhost", "127.0.0.1", "[::ffff:127.0.0.1]", "2130706433", "0.0.0.0", "[::]" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{host}:{port}/push");
            Assert.False(await http.Post(request, isStrangers: true, CancellationToken.None));
        }

        Assert.False(inside.Pending());
    }
}
