using System.Text.Json.Serialization;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Auth.Links;

/// <summary>
/// Confirms an address by an e-mail's token, of the registration or of a change; or, signed in, the account's own by
/// the e-mail's code.
/// </summary>
internal sealed class VerifyEmail(PostgresSource postgres, Tickets tickets, EmailLinks links, Limits limits)
    : Slice<VerifyEmail.Request, EmailLinks.Proven>
{
    internal sealed record Request(string? Token, string? Code);

    public override void Configure()
    {
        Post("/email/verify");
        Group<AuthGroup>();
        Description(route =>
            route
                .Anonymous(seesMoreWith: AccountSecure)
                .Described(
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
                )
        );
    }

    public override async Task<Answer<EmailLinks.Proven>> ExecuteAsync(Request request, CancellationToken ct)
    {
        using var slot = await limits.Take(HttpContext, AuthPolicies.Code, CallerIfAny?.UserId.ToString("N"));
        if (slot.Refused is { } tooMany)
            return tooMany;
        await using var db = await postgres.OpenConnectionAsync(ct);
        Ticket? byCode = null;
        if (string.IsNullOrEmpty(request.Token))
        {
            if (string.IsNullOrEmpty(request.Code))
                return Errors.Validation.With(new FieldError("token", "REQUIRED", "Send token or code"));
            if (CallerIfAny is null)
                return Errors.Unauthenticated.Saying("Sign in to use the code, or send the token of the e-mail's link");
            byCode = await ByCode(db, tickets, CallerIfAny.UserId, request.Code);
            if (byCode is null)
                return AuthErrors.TicketInvalid;
        }

        await using var transaction = await db.BeginTransactionAsync(ct);
        var answer = byCode is null
            ? await links.Consume(db, transaction, request.Token!, Origin.Of(HttpContext))
            : await EmailLinks.Verify(db, transaction, byCode, Origin.Of(HttpContext));
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
