using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.Links;

/// <summary>What stands between a consumed magic link or code and the session.</summary>
internal sealed class MagicLinks(SignIn signIn, AddressProof proof)
{
    /// <summary>In which the window that asked must come for its session; it asks every few seconds.</summary>
    private static readonly TimeSpan ConfirmationLifetime = TimeSpan.FromMinutes(5);

    /// <summary>The link was confirmed on its page: the session waits for the browser that asked.</summary>
    internal static Task<int> Confirm(NpgsqlConnection db, NpgsqlTransaction transaction, Ticket ticket) =>
        db.ExecuteAsync(
            """
            insert into link_confirmation (browser_hash, account_id, email, expires_at)
              values (@hash, @AccountId, @Email, now() + @lifetime)
            on conflict (browser_hash) do update
              set account_id = excluded.account_id, email = excluded.email, expires_at = excluded.expires_at
            """,
            new
            {
                hash = new PgValue<byte[]>(ticket.BrowserHash!),
                ticket.AccountId,
                ticket.Email,
                lifetime = ConfirmationLifetime,
            },
            transaction
        );

    /// <summary>
    /// Signs in by a link or code that was looked at already, to the account whose mailbox it shows; not when it was
    /// used or voided since, nor when the address has changed since the e-mail.
    /// </summary>
    internal async Task<Answer<SignedIn>> SignInBy(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Ticket? ticket,
        string? deviceToken,
        HttpContext http
    )
    {
        if (ticket?.AccountId is not { } id || await LockedAccount.Hold(db, transaction, id) is not { } account)
            return AuthErrors.TicketInvalid;
        if (!await Tickets.Spend(db, transaction, ticket.Id))
            return AuthErrors.TicketInvalid;
        return await Complete(db, transaction, account, ticket.Email, deviceToken, http);
    }

    /// <summary>
    /// Signs in by a link that was confirmed on its page, in the browser that has one of these secrets.
    /// </summary>
    internal async Task<Answer<SignedIn>> SignInByConfirmation(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        string[] secrets,
        string? deviceToken,
        HttpContext http
    )
    {
        foreach (var secret in secrets)
        {
            if (
                await OwnerOf(db, transaction, secret) is not { } id
                || await LockedAccount.Hold(db, transaction, id) is not { } account
            )
                continue;
            if (await Fetch(db, transaction, secret, id) is { } email)
                return await Complete(db, transaction, account, email, deviceToken, http);
        }

        return AuthErrors.LinkNotConfirmed;
    }

    private async Task<Answer<SignedIn>> Complete(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        LockedAccount account,
        string? email,
        string? deviceToken,
        HttpContext http
    )
    {
        if (!account.Has(email))
            return AuthErrors.TicketInvalid;
        account = await proof.Settle(db, transaction, account, Origin.Of(http));
        return await signIn.Complete(db, transaction, account, SignIn.MagicLink, http, deviceToken);
    }

    private static Task<Guid?> OwnerOf(NpgsqlConnection db, NpgsqlTransaction transaction, string secret) =>
        db.ExecuteScalarAsync<Guid?>(
            "select account_id from link_confirmation where browser_hash = @hash and expires_at > now()",
            new { hash = HashOf(secret) },
            transaction
        );

    private static Task<string?> Fetch(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        string secret,
        Guid accountId
    ) =>
        db.ExecuteScalarAsync<string?>(
            """
            delete from link_confirmation where browser_hash = @hash and account_id = @accountId and expires_at > now()
              returning email
            """,
            new { hash = HashOf(secret), accountId },
            transaction
        );

    private static PgValue<byte[]> HashOf(string secret) => new(OneTime.Hash(secret));
}
