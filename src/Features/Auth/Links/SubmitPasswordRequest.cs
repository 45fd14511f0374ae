using Veza.Infrastructure.Http;

namespace Veza.Features.Auth.Links;

/// <summary>The form of the page to ask for a new password on.</summary>
internal sealed class SubmitPasswordRequest(PasswordRequests requests) : ResultSlice
{
    public override void Configure()
    {
        Post("/password/new");
        Group<AuthGroup>();
        Description(route =>
            route
                .Anonymous()
                .Produces(StatusCodes.Status202Accepted, contentType: HtmlPage.ContentType)
                .Produces(StatusCodes.Status422UnprocessableEntity, contentType: HtmlPage.ContentType)
                .Produces(StatusCodes.Status429TooManyRequests, contentType: HtmlPage.ContentType)
                .Described(
                    "Submit the page to request a new password",
                    status: StatusCodes.Status202Accepted,
                    errors: Errors.UnsupportedMediaType
                )
        );
    }

    protected override async Task<IResult> Execute(CancellationToken ct)
    {
        var form = await FormFields.Read(HttpContext.Request, ct);
        return await requests.Take(form[LinkPages.EmailField], HttpContext, ct) switch
        {
            null => LinkPages.PasswordAsked(),
            { Fields: [var fault, ..] } => LinkPages.AskForPassword(fault.Message),
            var error => LinkPages.Refused(error),
        };
    }
}
