using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>What stands between a consumed magic link or code and the session.</summary>
internal sealed class MagicLinks(SignIn signIn, AddressProof proof)
{
    /// <summary>In which the window that asked must come for its session; it asks every few seconds.</summary>
    private static readonly TimeSpan ConfirmationLifetime = TimeSpan.FromMinutes(5);

    internal sealed record Confirmed(Guid AccountId, string Email);

    /// <summary>The link was confirmed on its page: the session waits for the browser that asked.</summary>
    internal static Task<int> Confirm(NpgsqlConnection db, NpgsqlTransaction transaction, Ticket ticket) => db.ExecuteAsync("""
        insert into link_confirmation (browser_hash, account_id, email, expires_at) values (@hash, @AccountId, @Email, now() + @lifetime)
        on conflict (browser_hash) do update set account_id = excluded.account_id, email = excluded.email, expires_at = excluded.expires_at
        """, new { hash = new PgValue<byte[]>(ticket.BrowserHash!), ticket.AccountId, ticket.Email, lifetime = ConfirmationLifetime }, transaction);

    internal static Task<Confirmed?> Fetch(NpgsqlConnection db, NpgsqlTransaction transaction, string browserSecret) => db.QuerySingleOrDefaultAsync<Confirmed>("""
        delete from link_confirmation where browser_hash = @hash and expires_at > now() returning account_id, email
        """, new { hash = new PgValue<byte[]>(OneTime.Hash(browserSecret)) }, transaction);

    /// <summary>Signs in to the account whose mailbox has been shown; not when its address has changed since the letter.</summary>
    internal async Task<Answer<SignedIn>> Complete(NpgsqlConnection db, NpgsqlTransaction transaction, Guid? accountId, string? email, string? deviceToken, HttpContext http)
    {
        if (accountId is not { } id || await Recipient.Locked(db, transaction, id) is not { } account || !account.Has(email)) return Errors.TicketInvalid;
        await proof.Settle(db, transaction, account, Origin.Of(http));
        return await SignIn.Find(db, transaction, id) is { } credentials
            ? await signIn.Complete(db, transaction, credentials, SignIn.MagicLink, http, deviceToken)
            : Errors.TicketInvalid;
    }
}
