using Veza.Infrastructure.Http;

namespace Veza.Features.Auth.Links;

/// <summary>The form of a reset link's page.</summary>
internal sealed class SubmitPasswordReset(PasswordResets resets) : ResultSlice<SubmitPasswordReset.Request>
{
    internal sealed record Request(string Token);

    public override void Configure()
    {
        Post("/password/reset/{token}");
        Group<AuthGroup>();
        Description(route =>
            route
                .Anonymous()
                .Produces(StatusCodes.Status200OK, contentType: HtmlPage.ContentType)
                .Produces(StatusCodes.Status410Gone, contentType: HtmlPage.ContentType)
                .Produces(StatusCodes.Status422UnprocessableEntity, contentType: HtmlPage.ContentType)
                .Described("Submit the page to set a new password", errors: Errors.UnsupportedMediaType)
        );
    }

    public override async Task<IResult> ExecuteAsync(Request request, CancellationToken ct)
    {
        var form = await FormFields.Read(HttpContext.Request, ct);
        var error = await resets.Apply(request.Token, form[LinkPages.PasswordField], HttpContext, ct);
        return error switch
        {
            null => LinkPages.PasswordSet(),
            { Fields: [var fault, ..] } => LinkPages.NewPassword(fault.Message),
            _ when error == AuthErrors.TicketInvalid => LinkPages.Gone(),
            _ => LinkPages.Refused(error),
        };
    }
}
