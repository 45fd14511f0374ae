using Dapper;
using Npgsql;
using Veza.Features.Auth.Keys;
using Veza.Infrastructure.Mail;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.Links;

/// <summary>What it means that somebody has shown an account's mailbox to be theirs.</summary>
internal sealed class AddressProof(Outbox outbox)
{
    /// <summary>
    /// By a link that signs in or sets a password. When it is the account's first proof, whoever made the account may
    /// have been a stranger who waits for its owner: every credential from before is void. The account as it is then.
    /// </summary>
    internal async Task<LockedAccount> Settle(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        LockedAccount account,
        Origin from
    )
    {
        if (account.IsVerified)
            return account;
        await db.ExecuteAsync(
            "update account set email_verified_at = now(), password_hash = null, updated_at = now() where id = @Id",
            new { account.Id },
            transaction
        );
        await db.ExecuteAsync("delete from totp where account_id = @Id", new { account.Id }, transaction);
        await db.ExecuteAsync("delete from recovery_code where account_id = @Id", new { account.Id }, transaction);
        await db.ExecuteAsync("delete from trusted_device where account_id = @Id", new { account.Id }, transaction);
        await db.ExecuteAsync("delete from passkey where account_id = @Id", new { account.Id }, transaction);
        await db.ExecuteAsync("delete from identity where account_id = @Id", new { account.Id }, transaction);
        await ApiKeys.EndAll(db, transaction, account.Id);
        await Sessions.EndAll(db, transaction, account.Id, "first_proof_of_address");
        await Tickets.VoidAll(db, transaction, account.Id);
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(AuditActions.EmailVerified, account.Id, from, account.Id, """{"credentials":"voided"}""")
        );
        await outbox.Send(db, transaction, AccountEmails.CredentialsVoided(account.Email, account.Username));
        return account with { IsVerified = true, PasswordHash = null };
    }

    internal static Task ForgetOld(NpgsqlConnection db) =>
        db.ExecuteAsync(
            """
            delete from link_confirmation
              where browser_hash in (select browser_hash from link_confirmation where expires_at < now() limit 1000)
            """
        );
}
