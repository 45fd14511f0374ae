using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Auth.Links;

/// <summary>
/// The page behind the e-mail's link: a button in the browser that asked, the way of the code in any other. Consumes
/// nothing.
/// </summary>
internal sealed class ShowMagicLink(PostgresSource postgres) : ResultSlice<ShowMagicLink.Request>
{
    internal sealed record Request(string Token);

    public override void Configure()
    {
        Get("/magic-link/{token}");
        Group<AuthGroup>();
        Description(route =>
            route
                .Anonymous()
                .Produces(StatusCodes.Status200OK, contentType: HtmlPage.ContentType)
                .Produces(StatusCodes.Status410Gone, contentType: HtmlPage.ContentType)
                .Described("Show the page of a sign-in link; opening it consumes nothing")
        );
    }

    public override async Task<IResult> ExecuteAsync(Request request, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        if (await Tickets.Peek(db, null, TicketPurpose.MagicLink, request.Token) is not { } ticket)
            return LinkPages.Gone();
        return ticket.IsOf(AskingBrowser.Of(HttpContext))
            ? LinkPages.SignIn()
            : LinkPages.OtherBrowser(StatusCodes.Status200OK);
    }
}
