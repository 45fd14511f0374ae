using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Mail;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.Links;

/// <summary>
/// An address that is proven: it verifies the account that has it, or becomes the account's own where a change was
/// asked for.
/// </summary>
internal sealed class EmailLinks(Tickets tickets, Outbox outbox, AccountEmails emails)
{
    private static readonly TimeSpan VerificationLifetime = TimeSpan.FromHours(24);

    internal sealed record Proven(string Email, DateTime EmailVerifiedAt);

    /// <summary>The e-mail that lets an account confirm its address; none where mail is off.</summary>
    internal async Task AskToVerify(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Guid accountId,
        string username,
        string email
    )
    {
        if (!outbox.IsOn)
            return;
        var ticket = await tickets.Issue(
            db,
            transaction,
            TicketPurpose.EmailVerification,
            new TicketDraft(accountId, email, VerificationLifetime, WithCode: true)
        );
        await outbox.Send(db, transaction, emails.Verification(email, username, ticket, VerificationLifetime));
    }

    /// <summary>By the token of either e-mail.</summary>
    internal async Task<Answer<Proven>> Consume(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        string token,
        Origin from
    )
    {
        if (await Tickets.Peek(db, transaction, TicketPurpose.EmailVerification, token) is { } verification)
            return await Verify(db, transaction, verification, from);
        if (await Tickets.Peek(db, transaction, TicketPurpose.EmailChange, token) is { } change)
            return await Change(db, transaction, change, from);
        return AuthErrors.TicketInvalid;
    }

    /// <summary>Whether a link would still do something.</summary>
    internal static async Task<bool> IsGood(NpgsqlConnection db, string token) =>
        await Tickets.Peek(db, null, TicketPurpose.EmailVerification, token) is not null
        || await Tickets.Peek(db, null, TicketPurpose.EmailChange, token) is not null;

    /// <summary>By a ticket that was looked at already; not when it was used or voided since.</summary>
    internal static async Task<Answer<Proven>> Verify(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Ticket ticket,
        Origin from
    )
    {
        if (await Spend(db, transaction, ticket) is null)
            return AuthErrors.TicketInvalid;
        var proven = await db.QuerySingleOrDefaultAsync<Proven>(
            """
            update account set email_verified_at = coalesce(email_verified_at, now()) where id = @AccountId
              and lower(email) = lower(@Email) returning email, email_verified_at
            """,
            new { ticket.AccountId, ticket.Email },
            transaction
        );
        if (proven is null)
            return AuthErrors.TicketInvalid;
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(
                AuditActions.EmailVerified,
                ticket.AccountId,
                from,
                from.SessionId is null ? null : ticket.AccountId
            )
        );
        return Answer<Proven>.Of(proven, "Your address is confirmed");
    }

    /// <summary>
    /// Throws what the unique index says when another account took the address meanwhile: the contract's EMAIL_TAKEN.
    /// </summary>
    private async Task<Answer<Proven>> Change(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Ticket ticket,
        Origin from
    )
    {
        if (await Spend(db, transaction, ticket) is not { Id: var id } before)
            return AuthErrors.TicketInvalid;
        var proven = await db.QuerySingleAsync<Proven>(
            """
            update account set email = @Email, email_verified_at = now(), updated_at = now() where id = @id
              returning email, email_verified_at
            """,
            new { id, ticket.Email },
            transaction
        );
        // Who has the old mailbox signs in by it no more, and sets no password, in whatever is under way.
        await Tickets.VoidAll(db, transaction, id);
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(AuditActions.EmailChanged, id, from, from.SessionId is null ? null : id)
        );
        await outbox.Send(db, transaction, AccountEmails.EmailChanged(before.Email, before.Username, proven.Email));
        return Answer<Proven>.Of(proven, "Your address has changed");
    }

    private static async Task<LockedAccount?> Spend(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Ticket ticket
    ) =>
        ticket.AccountId is { } id
        && await LockedAccount.Hold(db, transaction, id) is { } account
        && await Tickets.Spend(db, transaction, ticket.Id)
            ? account
            : null;
}
