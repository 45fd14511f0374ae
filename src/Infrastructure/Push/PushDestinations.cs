using System.Net;
using System.Net.Sockets;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.Push;

/// <summary>
/// Where a stranger's URL may lead this server: to public addresses, and to the networks that its operator allows.
/// Whoever registers a device chooses the URL, so the name's addresses are looked at twice: when it is registered, and
/// again, address by address, when it is connected to.
/// </summary>
internal sealed class PushDestinations(Settings settings)
{
    /// <summary>Of a name in DNS.</summary>
    private const int HostCharsMax = 253;

    private static readonly TimeSpan LookupMax = TimeSpan.FromSeconds(2);

    /// <summary>
    /// What is no unicast address of the public internet: IANA's special-purpose registries of IPv4 and IPv6.
    /// </summary>
    private static readonly IPNetwork[] Special =
    [
        .. new[]
        {
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
            "2001::/23",
            "2001:db8::/32",
            "2002::/16",
            "3fff::/20",
        }.Select(network => IPNetwork.Parse(network)),
    ];

    private static readonly IPNetwork PublicV6 = IPNetwork.Parse("2000::/3");

    internal bool Allows(IPAddress address)
    {
        var plain = ClientAddress.Plain(address);
        return IsOurs(plain)
            || (
                !Special.Any(network => network.Contains(plain))
                && (plain.AddressFamily == AddressFamily.InterNetwork || PublicV6.Contains(plain))
            );
    }

    /// <summary>
    /// Whether a URL may be kept: https, or http into a network that the operator allows. A name that cannot be looked
    /// up, perhaps for now, is taken: it is looked at again when it is connected to.
    /// </summary>
    internal async Task<bool> Takes(Uri url, CancellationToken ct)
    {
        HeldConnections.MustBeNone("the name of a push service");
        if (
            url.Scheme is not ("https" or "http")
            || url.UserInfo.Length > 0
            || url.Fragment.Length > 0
            || url.HostNameType is UriHostNameType.Unknown or UriHostNameType.Basic
        )
            return false;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(LookupMax);
        try
        {
            var addresses = await AddressesOf(url.IdnHost.Trim('[', ']').TrimEnd('.'), deadline.Token);
            return addresses.Length > 0
                && addresses.All(address =>
                    Allows(address) && (url.Scheme == "https" || IsOurs(ClientAddress.Plain(address)))
                );
        }
        catch (Exception e)
            when (e is SocketException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return url.Scheme == "https";
        }
        catch (UriFormatException)
        {
            // A name that cannot be written as DNS wants it.
            return false;
        }
    }

    /// <summary>
    /// Connects to the first address of the name that may be connected to and answers; throws when there is none. A
    /// proxy would look the name up by itself, so there is none.
    /// </summary>
    internal async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = await AddressesOf(host, ct);
        IPAddress[] allowed = [.. addresses.Where(Allows)];
        if (allowed.Length == 0)
            throw new DestinationRefusedException();
        for (var i = 0; ; i++)
        {
            var socket = new Socket(allowed[i].AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(allowed[i], port), ct);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException) when (i + 1 < allowed.Length)
            {
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }
    }

    /// <summary>
    /// An address is itself, as the resolver throws for those that are nobody's (0.0.0.0 and ::); a name that none can
    /// have leads nowhere.
    /// </summary>
    private static async Task<IPAddress[]> AddressesOf(string host, CancellationToken ct)
    {
        if (host == "localhost" || host.EndsWith(".localhost", StringComparison.Ordinal))
            return [IPAddress.Loopback];
        if (IPAddress.TryParse(host, out var address))
            return [address];
        return host.Length is 0 or > HostCharsMax ? [] : await Dns.GetHostAddressesAsync(host, ct);
    }

    private bool IsOurs(IPAddress plain) => settings.Push.Networks.Any(network => network.Contains(plain));
}

/// <summary>The name leads to no address that may be connected to.</summary>
internal sealed class DestinationRefusedException() : Exception("The host has no public address.");
