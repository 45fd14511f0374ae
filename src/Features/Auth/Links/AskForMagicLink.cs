using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Mail;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.Links;

/// <summary>
/// Sends a link and a code that sign in without a password. The answer and the work are the same whether there is such
/// an account or not.
/// </summary>
internal sealed class AskForMagicLink(
    PostgresSource postgres,
    Tickets tickets,
    Outbox outbox,
    AccountEmails emails,
    Limits limits
) : Slice<AskForMagicLink.Request, AskForMagicLink.Response>
{
    internal static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    internal sealed record Request(string? Email);

    /// <summary>
    /// The token is for clients that keep no cookies: they send it when they verify. It alone signs nobody in.
    /// </summary>
    internal new sealed record Response(string RequestToken, int ExpiresIn) : INeverStored;

    public override void Configure()
    {
        Post("/magic-link");
        Group<AuthGroup>();
        Description(route =>
            route
                .Anonymous()
                .Described(
                    "Request a sign-in link by e-mail",
                    new Response("u0Jx81kQ7c2mYb9s4rTz6eWv3pLh5nGf1aDqXoCiKU8", (int)Lifetime.TotalSeconds),
                    new Request("mira@example.org"),
                    StatusCodes.Status202Accepted,
                    Errors.Validation,
                    Errors.RateLimited,
                    AuthErrors.MailNotConfigured
                )
        );
    }

    public override async Task<Answer<Response>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (!outbox.IsOn)
            return AuthErrors.MailNotConfigured;
        if (AddressRules.Validator.Refuse(new AddressRules.Given(request.Email)) is { } refused)
            return refused;
        var (known, isKnownHere, counted) = await Recipient.Asked(postgres, request.Email!, HttpContext, ct);
        // Strangers who ask for e-mails to an address do not use up its owner's.
        using var slot = await limits.Take(HttpContext, AuthPolicies.Mail, counted, isKnownHere);
        if (slot.Refused is { } tooMany)
            return tooMany;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var browser = AskingBrowser.Begin(HttpContext);
        var to = known ?? Recipient.Nobody(request.Email!);
        var ticket = await tickets.Issue(
            db,
            transaction,
            TicketPurpose.MagicLink,
            new TicketDraft(known?.Id, to.Email, Lifetime, BrowserSecret: browser, WithCode: true)
        );
        await outbox.Send(
            db,
            transaction,
            emails.MagicLink(to.Email, to.Username, ticket, Lifetime) with
            {
                IsBlank = known is null,
            }
        );
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(AuditActions.MagicLinkAsked, known?.Id, Origin.Of(HttpContext))
        );
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<Response>.Of(
            new Response(browser, (int)Lifetime.TotalSeconds),
            "If there is an account with this address, an e-mail is on its way",
            StatusCodes.Status202Accepted
        );
    }
}

[JsonSerializable(typeof(AskForMagicLink.Request))]
[JsonSerializable(typeof(Envelope<AskForMagicLink.Response>))]
internal sealed partial class AskForMagicLinkJson : JsonSerializerContext;
