using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Auth.Links;

/// <summary>The page behind the link that confirms an address. Consumes nothing.</summary>
internal static class ShowEmailLink
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/auth/email/verify/{token}", Handle)
            .WithName("ShowEmailLink")
            .Anonymous()
            .Produces(StatusCodes.Status200OK, contentType: HtmlPage.ContentType)
            .Produces(StatusCodes.Status410Gone, contentType: HtmlPage.ContentType)
            .Documented("Auth", "Show the page of an address's confirmation link; opening it consumes nothing");

    private static async Task<IResult> Handle(string token, PostgresSource postgres, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await EmailLinks.IsGood(db, token) ? LinkPages.ConfirmAddress() : LinkPages.Gone();
    }
}
