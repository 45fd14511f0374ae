using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Http;

namespace Veza.Features.Auth.Links;

/// <summary>Where password managers look for the place to change a password.</summary>
internal static class FindPasswordPage
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/.well-known/change-password", Handle)
            .WithName("FindPasswordPage")
            .Anonymous()
            .Produces(StatusCodes.Status302Found)
            .Documented("Auth", "Redirect to the page to set a new password", status: StatusCodes.Status302Found);

    private static IResult Handle(Settings settings) =>
        TypedResults.Redirect(settings.PublicUrl.OriginalString.TrimEnd('/') + "/api/v1/auth/password/new");
}
