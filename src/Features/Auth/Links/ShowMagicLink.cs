using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Auth.Links;

/// <summary>
/// The page behind the e-mail's link: a button in the browser that asked, the way of the code in any other. Consumes
/// nothing.
/// </summary>
internal static class ShowMagicLink
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/auth/magic-link/{token}", Handle)
            .WithName("ShowMagicLink")
            .Anonymous()
            .Produces(StatusCodes.Status200OK, contentType: HtmlPage.ContentType)
            .Produces(StatusCodes.Status410Gone, contentType: HtmlPage.ContentType)
            .Documented("Auth", "Show the page of a sign-in link; opening it consumes nothing");

    private static async Task<IResult> Handle(
        string token,
        PostgresSource postgres,
        HttpContext http,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        if (await Tickets.Peek(db, null, TicketPurpose.MagicLink, token) is not { } ticket)
            return LinkPages.Gone();
        return ticket.IsOf(AskingBrowser.Of(http))
            ? LinkPages.SignIn()
            : LinkPages.OtherBrowser(StatusCodes.Status200OK);
    }
}
