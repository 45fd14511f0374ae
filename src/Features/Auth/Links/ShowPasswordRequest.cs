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
            .Produces(StatusCodes.Status200OK, contentType: HtmlPage.ContentType)
            .Documented("Auth", "Show the page to request a new password");

    private static HtmlPage Handle() => LinkPages.AskForPassword();
}
