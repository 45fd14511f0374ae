using Dapper;
using FluentValidation;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Mail;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.Links;

/// <summary>
/// Sets the password that a reset link allows; every session ends, and whoever had a way in must find another.
/// </summary>
internal sealed class PasswordResets(
    PostgresSource postgres,
    PasswordHasher hasher,
    AddressProof proof,
    SecretTries tries,
    Limits limits,
    Outbox outbox
)
{
    internal sealed record Request(string? Password, string?[] Names);

    internal sealed class Rules : RulesFor<Request>
    {
        public Rules() =>
            RuleFor(r => r.Password).Cascade(CascadeMode.Stop).Present().NewPassword().NotOwnName(r => r.Names);
    }

    private static readonly Rules Validator = new();

    /// <summary>Null when it is done. A password that is refused leaves the link good.</summary>
    internal async Task<Error?> Apply(string token, string? password, HttpContext http, CancellationToken ct)
    {
        using var slot = await limits.Take(http, AuthPolicies.Code);
        if (slot.Refused is { } tooMany)
            return tooMany;
        // Hashing is dear: not for a token that nobody was given.
        if (await Find(token, ct) is not { } holder)
            return AuthErrors.TicketInvalid;
        await slot.GiveBack();
        if (Validator.Refuse(new Request(password, holder.Names)) is { } refused)
            return refused;
        if (await hasher.Hash(password!, http, holder.Id) is not { } passwordHash)
            return Errors.HashingBusy;

        var from = Origin.Of(http);
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var id = holder.Id;
        if (await LockedAccount.Hold(db, transaction, id) is not { } account)
            return AuthErrors.TicketInvalid;
        if (
            await Tickets.Consume(db, transaction, TicketPurpose.PasswordReset, token) is not { } ticket
            || !account.Has(ticket.Email)
        )
            return AuthErrors.TicketInvalid;
        await proof.Settle(db, transaction, account, from);
        await db.ExecuteAsync(
            """
            update account set password_hash = @passwordHash, password_changed_at = now(), updated_at = now()
              where id = @id
            """,
            new { id, passwordHash },
            transaction
        );
        await Sessions.EndAll(db, transaction, id, "password_reset");
        await Tickets.VoidAll(db, transaction, id);
        await SecretTries.Unlock(db, transaction, account, from, "password_reset");
        await AuditTrail.Write(db, transaction, new AuditEntry(AuditActions.PasswordReset, id, from));
        await outbox.Send(db, transaction, AccountEmails.PasswordChanged(account.Email, account.Username));
        await transaction.CommitAsync(CancellationToken.None);
        await db.DisposeAsync();
        await tries.Forget(account);
        return null;
    }

    private async Task<Recipient?> Find(string token, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await Tickets.Peek(db, null, TicketPurpose.PasswordReset, token) is { AccountId: { } id }
            ? await Recipient.ById(db, id)
            : null;
    }
}
