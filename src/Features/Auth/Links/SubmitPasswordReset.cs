using Veza.Infrastructure.Http;

namespace Veza.Features.Auth.Links;

/// <summary>The form of a reset link's page.</summary>
internal static class SubmitPasswordReset
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/api/v1/auth/password/reset/{token}", Handle)
            .WithName("SubmitPasswordReset")
            .Anonymous()
            .Produces(StatusCodes.Status200OK, contentType: HtmlPage.ContentType)
            .Produces(StatusCodes.Status410Gone, contentType: HtmlPage.ContentType)
            .Produces(StatusCodes.Status422UnprocessableEntity, contentType: HtmlPage.ContentType)
            .Documented("Auth", "Submit the page to set a new password", errors: Errors.UnsupportedMediaType);

    private static async Task<IResult> Handle(
        string token,
        PasswordResets resets,
        HttpContext http,
        CancellationToken ct
    )
    {
        var form = await FormFields.Read(http.Request, ct);
        var error = await resets.Apply(token, form[LinkPages.PasswordField], http, ct);
        return error switch
        {
            null => LinkPages.PasswordSet(),
            { Fields: [var fault, ..] } => LinkPages.NewPassword(fault.Message),
            _ when error == AuthErrors.TicketInvalid => LinkPages.Gone(),
            _ => LinkPages.Refused(error),
        };
    }
}
