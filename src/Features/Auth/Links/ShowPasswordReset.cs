using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Auth.Links;

/// <summary>The page behind a reset link: a form for the new password. Consumes nothing.</summary>
internal static class ShowPasswordReset
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/auth/password/reset/{token}", Handle)
            .WithName("ShowPasswordReset")
            .Anonymous()
            .Produces(StatusCodes.Status200OK, contentType: HtmlPage.ContentType)
            .Produces(StatusCodes.Status410Gone, contentType: HtmlPage.ContentType)
            .Documented("Auth", "Show the page to set a new password; opening it consumes nothing");

    private static async Task<IResult> Handle(string token, PostgresSource postgres, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await Tickets.Peek(db, null, TicketPurpose.PasswordReset, token) is null
            ? LinkPages.Gone()
            : LinkPages.NewPassword();
    }
}
