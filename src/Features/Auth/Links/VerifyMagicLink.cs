using System.Text.Json.Serialization;
using FastEndpoints;
using FluentValidation;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Auth.Links;

/// <summary>
/// Signs in by the e-mail: by the link's token, together with the browser that asked (its cookie, or the
/// request_token); by address and code anywhere; or, with the request_token alone, once the link was confirmed on its
/// page. Each is good once.
/// </summary>
internal sealed class VerifyMagicLink(PostgresSource postgres, Tickets tickets, MagicLinks links, Limits limits)
    : Slice<VerifyMagicLink.Request, SignedIn>
{
    private const int TextCharsMax = 512;

    internal sealed record Request(
        string? Token,
        string? Email,
        string? Code,
        string? RequestToken,
        string? DeviceToken = null
    );

    internal sealed class Rules : Validator<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Email)
                .Must((r, email) => r.Code is null || email is { Length: > 0 and <= TextCharsMax })
                .WithErrorCode("REQUIRED")
                .WithMessage("With code, send email");
            RuleFor(r => r.Code)
                .Must((r, code) => r.Email is null || code is { Length: > 0 and <= TextCharsMax })
                .WithErrorCode("REQUIRED")
                .WithMessage("With email, send code");
            RuleFor(r => r.Token)
                .MaximumLength(TextCharsMax)
                .WithErrorCode("TOO_LONG")
                .WithMessage("token is too long");
        }
    }

    public override void Configure()
    {
        Post("/magic-link/verify");
        Group<AuthGroup>();
        Description(route =>
            route
                .Anonymous()
                .Described(
                    "Sign in with a link's token or its code",
                    SignedIn.Example,
                    new Request(null, "mira@example.org", "318205", null),
                    errors:
                    [
                        Errors.Validation,
                        AuthErrors.TicketInvalid,
                        AuthErrors.LinkOfAnotherBrowser,
                        AuthErrors.LinkNotConfirmed,
                        AuthErrors.AccountSuspended,
                        Errors.RateLimited,
                    ]
                )
        );
    }

    public override async Task<Answer<SignedIn>> ExecuteAsync(Request request, CancellationToken ct)
    {
        // Asking whether the link is confirmed is no try at anything: many may.
        using var slot =
            request.Code is null && request.Token is null
                ? null
                : await limits.Take(HttpContext, AuthPolicies.Code, await Counted(postgres, request.Email, ct));
        if (slot?.Refused is { } tooMany)
            return tooMany;
        await using var db = await postgres.OpenConnectionAsync(ct);
        // Before the transaction: a try counts whatever becomes of it.
        var byCode = request.Code is { } code
            ? await tickets.TryCode(db, TicketPurpose.MagicLink, request.Email!, code)
            : null;
        await using var transaction = await db.BeginTransactionAsync(ct);
        Answer<SignedIn> answer;
        if (request.Code is not null)
        {
            answer = await links.SignInBy(db, transaction, byCode, request.DeviceToken, HttpContext);
        }
        else if (request.Token is { Length: > 0 } token)
        {
            var ticket = await Tickets.Peek(db, transaction, TicketPurpose.MagicLink, token);
            if (ticket is null)
                return AuthErrors.TicketInvalid;
            // Not spent: the link stays good for its own browser.
            if (!ticket.IsOf(AskingBrowser.Of(HttpContext, request.RequestToken)))
                return AuthErrors.LinkOfAnotherBrowser;
            answer = await links.SignInBy(db, transaction, ticket, request.DeviceToken, HttpContext);
        }
        else
        {
            if (AskingBrowser.Of(HttpContext, request.RequestToken) is not { Length: > 0 } secrets)
                return Errors.Validation.With(
                    new FieldError(
                        "token",
                        "REQUIRED",
                        "Send token, or email and code, or the request_token of the request"
                    )
                );
            answer = await links.SignInByConfirmation(db, transaction, secrets, request.DeviceToken, HttpContext);
        }

        await transaction.CommitAsync(CancellationToken.None);
        if (slot is not null && answer.Error is null)
            await slot.GiveBack();
        return answer;
    }

    private static async Task<string?> Counted(PostgresSource postgres, string? email, CancellationToken ct)
    {
        if (email is null)
            return null;
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await Recipient.Counted(db, email);
    }
}

[JsonSerializable(typeof(VerifyMagicLink.Request))]
internal sealed partial class VerifyMagicLinkJson : JsonSerializerContext;
