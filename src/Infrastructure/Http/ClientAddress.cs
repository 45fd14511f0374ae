using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.HttpOverrides;
using IPNetwork = System.Net.IPNetwork;

namespace Veza.Infrastructure.Http;

/// <summary>
/// Who is at the other end of the line: the connection's address, or what a configured proxy says of it. Everybody
/// else's word is ignored.
/// </summary>
internal static class ClientAddress
{
    private const int SubnetBitsV4 = 24,
        SubnetBitsV6 = 48;

    /// <summary>
    /// The framework has a switch of its own (ASPNETCORE_FORWARDEDHEADERS_ENABLED) that believes everybody; some hosts
    /// set it.
    /// </summary>
    internal static void BelieveNobodyElse(IServiceCollection services) =>
        services.PostConfigure<ForwardedHeadersOptions>(options => options.ForwardedHeaders = ForwardedHeaders.None);

    /// <summary>
    /// Reads X-Forwarded-For from right to left for as long as the speaker is one of our proxies. Never the Host: links
    /// are built from the public URL.
    /// </summary>
    internal static void Believe(IApplicationBuilder app, IPNetwork[] proxies)
    {
        if (proxies.Length > 0)
        {
            var options = new ForwardedHeadersOptions
            {
                ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto,
                ForwardLimit = null,
            };
            // The framework trusts loopback unless told otherwise.
            options.KnownIPNetworks.Clear();
            options.KnownProxies.Clear();
            foreach (var proxy in proxies)
                options.KnownIPNetworks.Add(proxy);
            app.Use((context, next) => RememberProxy(context, next, proxies));
            app.UseForwardedHeaders(options);
        }

        app.Use(Normalise);
    }

    internal static IPAddress Of(HttpContext context) => context.Connection.RemoteIpAddress ?? IPAddress.None;

    /// <summary>
    /// Whether a proxy of ours handed the request on, so that what it adds in headers of its own may be believed.
    /// </summary>
    internal static bool CameThroughProxy(HttpContext context) => context.Features.Get<ThroughProxy>() is not null;

    /// <summary>
    /// What one customer holds: an IPv4 address, or a /64 of IPv6, in which a single machine may have any number of
    /// addresses.
    /// </summary>
    internal static UInt128 UnitOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out var length);
        // No IPv6 prefix of 64 bits is as small as an IPv4 address.
        return length == 4
            ? BinaryPrimitives.ReadUInt32BigEndian(bytes)
            : (UInt128)BinaryPrimitives.ReadUInt64BigEndian(bytes) << 64;
    }

    /// <summary>The neighbourhood of an address: /24 of IPv4, /48 of IPv6.</summary>
    internal static IPNetwork SubnetOf(IPAddress address)
    {
        var bits = address.AddressFamily == AddressFamily.InterNetwork ? SubnetBitsV4 : SubnetBitsV6;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(bits / 8).Clear();
        return new IPNetwork(new IPAddress(bytes), bits);
    }

    /// <summary>
    /// ::ffff:192.0.2.1 is 192.0.2.1, and fe80::1%eth0 is fe80::1: one client has one address, and PostgreSQL can store
    /// it.
    /// </summary>
    internal static IPAddress Plain(IPAddress address) =>
        address.IsIPv4MappedToIPv6 ? address.MapToIPv4()
        : address is { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: not 0 }
            ? new IPAddress(address.GetAddressBytes())
        : address;

    /// <summary>Before the proxy's own address gives way to the one that it names.</summary>
    private static Task RememberProxy(HttpContext context, RequestDelegate next, IPNetwork[] proxies)
    {
        if (context.Connection.RemoteIpAddress is { } peer && proxies.Any(proxy => proxy.Contains(Plain(peer))))
            context.Features.Set(ThroughProxy.Mark);
        return next(context);
    }

    private static Task Normalise(HttpContext context, RequestDelegate next)
    {
        if (context.Connection.RemoteIpAddress is { AddressFamily: AddressFamily.InterNetworkV6 } address)
            context.Connection.RemoteIpAddress = Plain(address);
        return next(context);
    }

    private sealed record ThroughProxy
    {
        internal static readonly ThroughProxy Mark = new();
    }
}
