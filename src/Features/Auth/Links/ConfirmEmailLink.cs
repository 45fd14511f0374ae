using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.Links;

/// <summary>The button of an address's page.</summary>
internal static class ConfirmEmailLink
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/api/v1/auth/email/verify/{token}", Handle)
            .WithName("ConfirmEmailLink")
            .Anonymous()
            .Produces(StatusCodes.Status200OK, contentType: HtmlPage.ContentType)
            .Produces(StatusCodes.Status409Conflict, contentType: HtmlPage.ContentType)
            .Produces(StatusCodes.Status410Gone, contentType: HtmlPage.ContentType)
            .Documented("Auth", "Submit the page of an address's confirmation link");

    private static async Task<IResult> Handle(
        string token,
        PostgresSource postgres,
        EmailLinks links,
        HttpContext http,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        try
        {
            var answer = await links.Consume(db, transaction, token, Origin.Of(http));
            if (answer.Error is not null)
                return LinkPages.Gone();
            await transaction.CommitAsync(CancellationToken.None);
            return LinkPages.AddressConfirmed();
        }
        catch (PostgresException taken) when (taken.ConstraintName == "account_email_key")
        {
            return LinkPages.Refused(AuthErrors.EmailTaken);
        }
    }
}
