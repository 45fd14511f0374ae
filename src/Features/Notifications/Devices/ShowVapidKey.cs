using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Push;

namespace Veza.Features.Notifications.Devices;

/// <summary>The key that a browser subscribes with. It stays the same for as long as the database does.</summary>
internal static class ShowVapidKey
{
    internal sealed record Response(string PublicKey, bool Gateway);

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/notifications/vapid-key", Handle)
            .WithName("ShowVapidKey")
            .Requires(Permissions.AccountRead)
            .Documented(
                "Notifications",
                "Show the applicationServerKey for push subscriptions",
                new Response(
                    "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8",
                    false
                )
            );

    private static Answer<Response> Handle(Vapid vapid, NotificationsSettings settings) =>
        new Response(vapid.PublicKey, settings.Gateway is not null);
}

[JsonSerializable(typeof(Envelope<ShowVapidKey.Response>))]
internal sealed partial class ShowVapidKeyJson : JsonSerializerContext;
