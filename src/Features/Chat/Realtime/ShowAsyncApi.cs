using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Health;
using Veza.Infrastructure.Http;

namespace Veza.Features.Chat.Realtime;

/// <summary>The document of the socket, for people and for generators of clients.</summary>
internal static class ShowAsyncApi
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes.MapGet("/asyncapi/v1.json", Handle).WithName("ShowAsyncApi").Anonymous().ExcludeFromDescription();

    private static IResult Handle(Settings settings) =>
        TypedResults.Text(
            AsyncApiDocument.Of(settings.PublicUrl, HealthRoutes.Version.Split('+')[0]).ToJsonString(),
            "application/json"
        );
}
