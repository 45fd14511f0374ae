using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Auth.Links;

/// <summary>
/// The page's button: consumes the link, in the browser that asked and in no other. The window that waits there then
/// fetches the session.
/// </summary>
internal static class ConfirmMagicLink
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/api/v1/auth/magic-link/{token}", Handle)
            .WithName("ConfirmMagicLink")
            .Anonymous()
            .Produces(StatusCodes.Status200OK, contentType: HtmlPage.ContentType)
            .Produces(StatusCodes.Status403Forbidden, contentType: HtmlPage.ContentType)
            .Produces(StatusCodes.Status410Gone, contentType: HtmlPage.ContentType)
            .Documented("Auth", "Submit the page of a sign-in link");

    private static async Task<IResult> Handle(
        string token,
        PostgresSource postgres,
        HttpContext http,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        if (
            await Tickets.Peek(db, transaction, TicketPurpose.MagicLink, token)
            is not { AccountId: { } accountId } ticket
        )
            return LinkPages.Gone();
        // Not spent: the link stays good for its own browser.
        if (!ticket.IsOf(AskingBrowser.Of(http)))
            return LinkPages.OtherBrowser(StatusCodes.Status403Forbidden);
        if (
            await LockedAccount.Hold(db, transaction, accountId) is null
            || !await Tickets.Spend(db, transaction, ticket.Id)
        )
            return LinkPages.Gone();
        await MagicLinks.Confirm(db, transaction, ticket);
        await transaction.CommitAsync(CancellationToken.None);
        return LinkPages.SignedIn();
    }
}
