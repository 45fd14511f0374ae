using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Limits;

namespace Veza.Infrastructure.Http;

/// <summary>
/// Connections are slots that all share, and are taken before anybody says who they are: an address and its network
/// hold at most their share of them. Proxies of ours bring everybody, and have no share.
/// </summary>
internal static class ConnectionShares
{
    internal static void Limit(KestrelServerOptions kestrel, HttpSettings settings)
    {
        var places = new FairSlots(settings.ConnectionsMax, SlotShares.Of(settings.ConnectionsMax));
        kestrel.ConfigureEndpointDefaults(listen =>
            listen.Use(next => connection => Serve(next, connection, places, settings.Proxies))
        );
    }

    private static async Task Serve(
        ConnectionDelegate next,
        ConnectionContext connection,
        FairSlots places,
        IPNetwork[] proxies
    )
    {
        if (
            connection.RemoteEndPoint is not IPEndPoint { Address: var remote }
            || proxies.Any(proxy => proxy.Contains(ClientAddress.Plain(remote)))
        )
        {
            await next(connection);
            return;
        }

        using var place = places.Take(new SlotHolder(null, ClientAddress.Plain(remote)));
        if (place is null)
            connection.Abort();
        else
            await next(connection);
    }
}
