using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Auth.Links;

/// <summary>The page behind a reset link: a form for the new password. Consumes nothing.</summary>
internal sealed class ShowPasswordReset(PostgresSource postgres) : ResultSlice<ShowPasswordReset.Request>
{
    internal sealed record Request(string Token);

    public override void Configure()
    {
        Get("/password/reset/{token}");
        Group<AuthGroup>();
        Description(route =>
            route
                .Anonymous()
                .Produces(StatusCodes.Status200OK, contentType: HtmlPage.ContentType)
                .Produces(StatusCodes.Status410Gone, contentType: HtmlPage.ContentType)
                .Described("Show the page to set a new password; opening it consumes nothing")
        );
    }

    public override async Task<IResult> ExecuteAsync(Request request, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await Tickets.Peek(db, null, TicketPurpose.PasswordReset, request.Token) is null
            ? LinkPages.Gone()
            : LinkPages.NewPassword();
    }
}
