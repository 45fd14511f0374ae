using Veza.Infrastructure.Http;

namespace Veza.Features.Auth.Links;

/// <summary>A page to ask for a new password on: where the well-known address of password managers leads.</summary>
internal sealed class ShowPasswordRequest : ResultSlice
{
    public override void Configure()
    {
        Get("/password/new");
        Group<AuthGroup>();
        Description(route =>
            route
                .Anonymous()
                .Produces(StatusCodes.Status200OK, contentType: HtmlPage.ContentType)
                .Described("Show the page to request a new password")
        );
    }

    protected override Task<IResult> Execute(CancellationToken ct) =>
        Task.FromResult<IResult>(LinkPages.AskForPassword());
}
