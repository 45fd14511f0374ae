using System.Text.Json.Serialization;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.Links;

/// <summary>
/// Confirms an address by an e-mail's token, of the registration or of a change; or, signed in, the account's own by
/// the e-mail's code.
/// </summary>
internal static class VerifyEmail
{
    internal sealed record Request(string? Token, string? Code);

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/api/v1/auth/email/verify", Handle)
            .WithName("VerifyEmail")
            .Anonymous(seesMoreWith: Permissions.AccountSecure)
            .Documented(
                "Auth",
                "Confirm an e-mail address",
                new EmailLinks.Proven("mira@example.org", Account.Example.CreatedAt),
                new Request("u0Jx81kQ7c2mYb9s4rTz6eWv3pLh5nGf1aDqXoCiKU8", null),
                errors:
                [
                    Errors.Validation,
                    Errors.Unauthenticated,
                    AuthErrors.TicketInvalid,
                    AuthErrors.EmailTaken,
                    Errors.RateLimited,
                ]
            );

    private static async Task<Answer<EmailLinks.Proven>> Handle(
        Request request,
        Caller? caller,
        PostgresSource postgres,
        Tickets tickets,
        EmailLinks links,
        Limits limits,
        HttpContext http,
        CancellationToken ct
    )
    {
        using var slot = await limits.Take(http, AuthPolicies.Code, caller?.UserId.ToString("N"));
        if (slot.Refused is { } tooMany)
            return tooMany;
        await using var db = await postgres.OpenConnectionAsync(ct);
        Ticket? byCode = null;
        if (string.IsNullOrEmpty(request.Token))
        {
            if (string.IsNullOrEmpty(request.Code))
                return Errors.Validation.With(new FieldError("token", "REQUIRED", "Send token or code"));
            if (caller is null)
                return Errors.Unauthenticated.Saying("Sign in to use the code, or send the token of the e-mail's link");
            byCode = await ByCode(db, tickets, caller.UserId, request.Code);
            if (byCode is null)
                return AuthErrors.TicketInvalid;
        }

        await using var transaction = await db.BeginTransactionAsync(ct);
        var answer = byCode is null
            ? await links.Consume(db, transaction, request.Token!, Origin.Of(http))
            : await EmailLinks.Verify(db, transaction, byCode, Origin.Of(http));
        await transaction.CommitAsync(CancellationToken.None);
        if (answer.Error is null)
            await slot.GiveBack();
        return answer;
    }

    private static async Task<Ticket?> ByCode(NpgsqlConnection db, Tickets tickets, Guid accountId, string code)
    {
        var email = await db.QuerySingleOrDefaultAsync<string>(
            "select email from account where id = @accountId",
            new { accountId }
        );
        if (email is null || await tickets.TryCode(db, TicketPurpose.EmailVerification, email, code) is not { } ticket)
            return null;
        return ticket.AccountId == accountId ? ticket : null;
    }
}

[JsonSerializable(typeof(VerifyEmail.Request))]
[JsonSerializable(typeof(Envelope<EmailLinks.Proven>))]
internal sealed partial class VerifyEmailJson : JsonSerializerContext;
