using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Http;

namespace Veza.Features.Auth.Links;

/// <summary>Where password managers look for the place to change a password.</summary>
internal sealed class FindPasswordPage(Settings settings) : ResultSlice
{
    public override void Configure()
    {
        Get("/change-password");
        Group<WellKnownGroup>();
        Description(route =>
            route
                .Anonymous()
                .Produces(StatusCodes.Status302Found)
                .Described("Redirect to the page to set a new password", status: StatusCodes.Status302Found)
        );
    }

    protected override Task<IResult> Execute(CancellationToken ct) =>
        Task.FromResult<IResult>(
            TypedResults.Redirect(settings.PublicUrl.OriginalString.TrimEnd('/') + "/api/v1/auth/password/new")
        );
}
