using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Push;
using static Veza.Permissions;

namespace Veza.Features.Notifications.Devices;

/// <summary>The key that a browser subscribes with. It stays the same for as long as the database does.</summary>
internal sealed class ShowVapidKey(Vapid vapid, NotificationsSettings settings) : Slice<ShowVapidKey.Response>
{
    internal new sealed record Response(string PublicKey, bool Gateway);

    public override void Configure()
    {
        Get("/vapid-key");
        Group<NotificationsGroup>();
        Description(route =>
            route
                .Requires(AccountRead)
                .Described(
                    "Show the applicationServerKey for push subscriptions",
                    new Response(
                        "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8",
                        false
                    )
                )
        );
    }

    protected override Task<Answer<Response>> Execute(CancellationToken ct) =>
        Task.FromResult<Answer<Response>>(new Response(vapid.PublicKey, settings.Gateway is not null));
}

[JsonSerializable(typeof(Envelope<ShowVapidKey.Response>))]
internal sealed partial class ShowVapidKeyJson : JsonSerializerContext;
