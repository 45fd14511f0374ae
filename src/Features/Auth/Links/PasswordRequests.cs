using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Mail;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.Links;

/// <summary>
/// Sends the e-mail with which to set a new password; the work is the same whether there is such an account or not.
/// </summary>
internal sealed class PasswordRequests(
    PostgresSource postgres,
    Tickets tickets,
    Outbox outbox,
    AccountEmails emails,
    Limits limits
)
{
    internal static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(30);

    /// <summary>Null when it is done, for an address without an account as well.</summary>
    internal async Task<Error?> Take(string? email, HttpContext http, CancellationToken ct)
    {
        if (!outbox.IsOn)
            return AuthErrors.MailNotConfigured;
        if (AddressRules.Validator.Refuse(new AddressRules.Given(email)) is { } refused)
            return refused;
        var (known, isKnownHere, counted) = await Recipient.Asked(postgres, email!, http, ct);
        // Strangers who ask for e-mails to an address do not use up its owner's.
        using var slot = await limits.Take(http, AuthPolicies.Mail, counted, isKnownHere);
        if (slot.Refused is { } tooMany)
            return tooMany;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var to = known ?? Recipient.Nobody(email!);
        var ticket = await tickets.Issue(
            db,
            transaction,
            TicketPurpose.PasswordReset,
            new TicketDraft(known?.Id, to.Email, Lifetime)
        );
        await outbox.Send(
            db,
            transaction,
            emails.PasswordReset(to.Email, to.Username, ticket, Lifetime) with
            {
                IsBlank = known is null,
            }
        );
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(AuditActions.PasswordResetAsked, known?.Id, Origin.Of(http))
        );
        await transaction.CommitAsync(CancellationToken.None);
        return null;
    }
}
