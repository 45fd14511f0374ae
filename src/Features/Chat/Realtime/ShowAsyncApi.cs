using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Health;
using Veza.Infrastructure.Http;

namespace Veza.Features.Chat.Realtime;

/// <summary>The document of the socket, for people and for generators of clients.</summary>
internal sealed class ShowAsyncApi(Settings settings) : ResultSlice
{
    public override void Configure()
    {
        Get("/asyncapi/v1.json");
        Description(route => route.Anonymous().ExcludeFromDescription());
    }

    protected override Task<IResult> Execute(CancellationToken ct) =>
        Task.FromResult<IResult>(
            TypedResults.Text(
                AsyncApiDocument.Of(settings.PublicUrl, HealthRoutes.Version.Split('+')[0]).ToJsonString(),
                "application/json"
            )
        );
}
