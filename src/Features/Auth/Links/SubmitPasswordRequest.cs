using Veza.Infrastructure.Http;

namespace Veza.Features.Auth.Links;

/// <summary>The form of the page to ask for a new password on.</summary>
internal static class SubmitPasswordRequest
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/api/v1/auth/password/new", Handle)
            .WithName("SubmitPasswordRequest")
            .Anonymous()
            .Produces(StatusCodes.Status202Accepted, contentType: HtmlPage.ContentType)
            .Produces(StatusCodes.Status422UnprocessableEntity, contentType: HtmlPage.ContentType)
            .Produces(StatusCodes.Status429TooManyRequests, contentType: HtmlPage.ContentType)
            .Documented(
                "Auth",
                "Submit the page to request a new password",
                status: StatusCodes.Status202Accepted,
                errors: Errors.UnsupportedMediaType
            );

    private static async Task<IResult> Handle(PasswordRequests requests, HttpContext http, CancellationToken ct)
    {
        var form = await FormFields.Read(http.Request, ct);
        return await requests.Take(form[LinkPages.EmailField], http, ct) switch
        {
            null => LinkPages.PasswordAsked(),
            { Fields: [var fault, ..] } => LinkPages.AskForPassword(fault.Message),
            var error => LinkPages.Refused(error),
        };
    }
}
