using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Auth.Links;

/// <summary>
/// The page's button: consumes the link, in the browser that asked and in no other. The window that waits there then
/// fetches the session.
/// </summary>
internal sealed class ConfirmMagicLink(PostgresSource postgres) : ResultSlice<ConfirmMagicLink.Request>
{
    internal sealed record Request(string Token);

    public override void Configure()
    {
        Post("/magic-link/{token}");
        Group<AuthGroup>();
        Description(route =>
            route
                .Anonymous()
                .Produces(StatusCodes.Status200OK, contentType: HtmlPage.ContentType)
                .Produces(StatusCodes.Status403Forbidden, contentType: HtmlPage.ContentType)
                .Produces(StatusCodes.Status410Gone, contentType: HtmlPage.ContentType)
                .Described("Submit the page of a sign-in link")
        );
    }

    public override async Task<IResult> ExecuteAsync(Request request, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        if (
            await Tickets.Peek(db, transaction, TicketPurpose.MagicLink, request.Token)
            is not { AccountId: { } accountId } ticket
        )
            return LinkPages.Gone();
        // Not spent: the link stays good for its own browser.
        if (!ticket.IsOf(AskingBrowser.Of(HttpContext)))
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
