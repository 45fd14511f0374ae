using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.Links;

/// <summary>The button of an address's page.</summary>
internal sealed class ConfirmEmailLink(PostgresSource postgres, EmailLinks links)
    : ResultSlice<ConfirmEmailLink.Request>
{
    internal sealed record Request(string Token);

    public override void Configure()
    {
        Post("/email/verify/{token}");
        Group<AuthGroup>();
        Description(route =>
            route
                .Anonymous()
                .Produces(StatusCodes.Status200OK, contentType: HtmlPage.ContentType)
                .Produces(StatusCodes.Status409Conflict, contentType: HtmlPage.ContentType)
                .Produces(StatusCodes.Status410Gone, contentType: HtmlPage.ContentType)
                .Described("Submit the page of an address's confirmation link")
        );
    }

    public override async Task<IResult> ExecuteAsync(Request request, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        try
        {
            var answer = await links.Consume(db, transaction, request.Token, Origin.Of(HttpContext));
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
