using Veza.Infrastructure.Http;

namespace Veza.Features.Auth.Links;

/// <summary>A page to ask for a new password on: where the well-known address of password managers leads.</summary>
internal static class ShowPasswordRequest
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/auth/password/new", Handle)
            .WithName("ShowPasswordRequest")
            .Anonymous()
            .Produces(StatusCodes.Status200OK, contentType: Page.ContentType)
            .Documented("Auth", "A page to ask for a new password on");

    private static Page Handle() => LinkPages.AskForPassword();
}
