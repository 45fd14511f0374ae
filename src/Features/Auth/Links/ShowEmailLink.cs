using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Auth.Links;

/// <summary>The page behind the link that confirms an address. Consumes nothing.</summary>
internal sealed class ShowEmailLink(PostgresSource postgres) : ResultSlice<ShowEmailLink.Request>
{
    internal sealed record Request(string Token);

    public override void Configure()
    {
        Get("/email/verify/{token}");
        Group<AuthGroup>();
        Description(route =>
            route
                .Anonymous()
                .Produces(StatusCodes.Status200OK, contentType: HtmlPage.ContentType)
                .Produces(StatusCodes.Status410Gone, contentType: HtmlPage.ContentType)
                .Described("Show the page of an address's confirmation link; opening it consumes nothing")
        );
    }

    public override async Task<IResult> ExecuteAsync(Request request, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await EmailLinks.IsGood(db, request.Token) ? LinkPages.ConfirmAddress() : LinkPages.Gone();
    }
}
