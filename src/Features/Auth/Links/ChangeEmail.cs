using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Mail;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Auth.Links;

/// <summary>
/// Asks for another address: it becomes the account's when its mailbox confirms. The old one is told. An address that
/// is somebody else's gets the same answer, and its owner a note.
/// </summary>
internal sealed class ChangeEmail(
    PostgresSource postgres,
    Tickets tickets,
    Outbox outbox,
    AccountEmails emails,
    Limits limits
) : Slice<ChangeEmail.Request, Nothing>
{
    internal static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(60);

    internal sealed record Request(string? Email);

    public override void Configure()
    {
        Post("/email/change");
        Group<AuthGroup>();
        Description(route =>
            route
                .Requires(AccountSecure)
                .Fresh()
                .Described(
                    "Request a change of your e-mail address",
                    Nothing.Value,
                    new Request("mira@example.net"),
                    StatusCodes.Status202Accepted,
                    Errors.Validation,
                    AuthErrors.SessionEnded,
                    Errors.StepUpRequired,
                    Errors.RateLimited,
                    AuthErrors.MailNotConfigured
                )
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (!outbox.IsOn)
            return AuthErrors.MailNotConfigured;
        if (AddressRules.Validator.Refuse(new AddressRules.Given(request.Email)) is { } refused)
            return refused;
        var email = request.Email!;
        // Nobody sends e-mails to all the world by wanting its addresses.
        if (await limits.Refuse(HttpContext, AuthPolicies.Mail, Caller.UserId.ToString("N")) is { } tooMany)
            return tooMany;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var (account, over) = await LockedAccount.HoldOf(db, transaction, Caller);
        if (account is null)
            return over!;
        var ticket = await tickets.Issue(
            db,
            transaction,
            TicketPurpose.EmailChange,
            new TicketDraft(account.Id, email, Lifetime)
        );
        var holder = await Recipient.ByEmail(db, transaction, email);
        await outbox.Send(
            db,
            transaction,
            holder is null || holder.Id == account.Id
                ? emails.EmailChange(email, account.Username, ticket, Lifetime)
                : AccountEmails.AddressWanted(holder.Email, holder.Username)
        );
        await outbox.Send(db, transaction, AccountEmails.EmailChangeAsked(account.Email, account.Username, email));
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(AuditActions.EmailChangeAsked, Caller.UserId, Origin.Of(HttpContext), Caller.UserId)
        );
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<Nothing>.Of(
            Nothing.Value,
            "An e-mail is on its way to the new address; until it is confirmed there, nothing changes",
            StatusCodes.Status202Accepted
        );
    }
}

[JsonSerializable(typeof(ChangeEmail.Request))]
internal sealed partial class ChangeEmailJson : JsonSerializerContext;
