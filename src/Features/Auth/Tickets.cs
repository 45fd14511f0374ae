using Dapper;
using Npgsql;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>What a ticket is good for; one for a purpose is worth nothing for another.</summary>
internal enum TicketPurpose
{
    MagicLink,
    PasswordReset,
    EmailVerification,
    EmailChange,
    Mfa,
    PasskeyChallenge,
    OAuthState,
    OAuthExchange,
}

/// <summary>
/// A ticket to be issued. The browser's secret binds it to who asked; a code is for typing on another device.
/// </summary>
internal sealed record TicketDraft(
    Guid? AccountId,
    string? Email,
    TimeSpan Lifetime,
    string DetailJson = "{}",
    string? BrowserSecret = null,
    bool WithCode = false
);

/// <summary>What goes to the person. It is nowhere in the database.</summary>
internal sealed record IssuedTicket(Guid Id, string Token, string? Code);

internal sealed record Ticket(
    Guid Id,
    Guid? AccountId,
    string? Email,
    string Detail,
    byte[]? BrowserHash,
    DateTime ExpiresAt
)
{
    /// <summary>Whether this is the browser that asked; true for a ticket that is bound to none.</summary>
    internal bool IsOf(params ReadOnlySpan<string?> browserSecrets)
    {
        if (BrowserHash is null)
            return true;
        foreach (var secret in browserSecrets)
            if (
                secret is not null
                && System.Security.Cryptography.CryptographicOperations.FixedTimeEquals(
                    BrowserHash,
                    OneTime.Hash(secret)
                )
            )
                return true;
        return false;
    }
}

/// <summary>One-time secrets: hashed at rest, short-lived, consumed once however many try at the same moment.</summary>
internal sealed class Tickets(Secrets secrets)
{
    internal const int TriesMax = 5,
        CodeDigits = 6;
    private const int CodeBelow = 1_000_000,
        KeptBatchMax = 1000;

    internal sealed record Coded(Guid Id, byte[] CodeMac);

    internal async Task<IssuedTicket> Issue(
        NpgsqlConnection db,
        NpgsqlTransaction? transaction,
        TicketPurpose purpose,
        TicketDraft draft
    )
    {
        var id = Guid.CreateVersion7();
        var token = OneTime.NewToken();
        var code = draft.WithCode
            ? System.Security.Cryptography.RandomNumberGenerator.GetInt32(CodeBelow).ToString("D6")
            : null;
        await db.ExecuteAsync(
            """
            insert into ticket (id, purpose, account_id, email, token_hash, code_mac, browser_hash, detail, expires_at)
            values (@id, @purpose, @AccountId, @Email, @tokenHash, @codeMac, @browserHash, @DetailJson::jsonb,
              now() + @Lifetime)
            """,
            new
            {
                // The handler of PgValue<byte[]> is not found for PgValue<byte[]?>: the null goes in unsaid.
                id,
                purpose = purpose.ToString(),
                draft.AccountId,
                draft.Email,
                tokenHash = new PgValue<byte[]>(OneTime.Hash(token)),
                codeMac = new PgValue<byte[]>(code is null ? null! : secrets.Mac(code, Context(purpose, id))),
                browserHash = new PgValue<byte[]>(
                    draft.BrowserSecret is null ? null! : OneTime.Hash(draft.BrowserSecret)
                ),
                draft.DetailJson,
                draft.Lifetime,
            },
            transaction
        );
        return new IssuedTicket(id, token, code);
    }

    /// <summary>
    /// The ticket as it stands, even when its code has been guessed at too often: the token cannot be guessed. Consumes
    /// nothing.
    /// </summary>
    internal static Task<Ticket?> Peek(
        NpgsqlConnection db,
        NpgsqlTransaction? transaction,
        TicketPurpose purpose,
        string token
    ) =>
        db.QuerySingleOrDefaultAsync<Ticket>(
            """
            select id, account_id, email, detail::text as detail, browser_hash, expires_at from ticket
             where token_hash = @hash and purpose = @purpose and used_at is null and expires_at > now()
               and (tries < @TriesMax or code_mac is not null)
            """,
            new
            {
                hash = new PgValue<byte[]>(OneTime.Hash(token)),
                purpose = purpose.ToString(),
                TriesMax,
            },
            transaction
        );

    /// <summary>
    /// The ticket, if it was still good: from now on it is not. Of an account's ticket the account is held first, by
    /// what <see cref="Peek"/> says.
    /// </summary>
    internal static Task<Ticket?> Consume(
        NpgsqlConnection db,
        NpgsqlTransaction? transaction,
        TicketPurpose purpose,
        string token
    ) =>
        db.QuerySingleOrDefaultAsync<Ticket>(
            """
            update ticket set used_at = now()
             where token_hash = @hash and purpose = @purpose and used_at is null and expires_at > now()
               and (tries < @TriesMax or code_mac is not null)
            returning id, account_id, email, detail::text as detail, browser_hash, expires_at
            """,
            new
            {
                hash = new PgValue<byte[]>(OneTime.Hash(token)),
                purpose = purpose.ToString(),
                TriesMax,
            },
            transaction
        );

    /// <summary>
    /// The newest ticket of this address, if the code is its own. Every try counts before it is compared, in a
    /// statement of its own that a rollback of the caller must not undo: give no transaction. What it gives is not
    /// spent: that is for <see cref="Spend"/> to decide, once the account is held.
    /// </summary>
    internal async Task<Ticket?> TryCode(NpgsqlConnection db, TicketPurpose purpose, string email, string code)
    {
        var tried = await db.QuerySingleOrDefaultAsync<Coded>(
            """
            update ticket set tries = tries + 1
             where id = (select id from ticket where purpose = @purpose and lower(email) = lower(@email)
               and code_mac is not null and used_at is null
                          order by created_at desc limit 1)
               and used_at is null and expires_at > now() and tries < @TriesMax
            returning id, code_mac
            """,
            new
            {
                purpose = purpose.ToString(),
                email,
                TriesMax,
            }
        );
        if (tried is null || !secrets.Matches(tried.CodeMac, code, Context(purpose, tried.Id)))
            return null;
        return await db.QuerySingleOrDefaultAsync<Ticket>(
            """
            select id, account_id, email, detail::text as detail, browser_hash, expires_at from ticket where id = @Id
              and used_at is null
            """,
            new { tried.Id }
        );
    }

    /// <summary>
    /// Counts a try at what the ticket asks for, before it is judged; past the last one it is dead. Until the caller
    /// commits, other tries with it wait.
    /// </summary>
    internal static Task<Ticket?> Try(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        TicketPurpose purpose,
        string token
    ) =>
        db.QuerySingleOrDefaultAsync<Ticket>(
            """
            update ticket set tries = tries + 1
             where token_hash = @hash and purpose = @purpose and used_at is null and expires_at > now()
               and tries < @TriesMax
            returning id, account_id, email, detail::text as detail, browser_hash, expires_at
            """,
            new
            {
                hash = new PgValue<byte[]>(OneTime.Hash(token)),
                purpose = purpose.ToString(),
                TriesMax,
            },
            transaction
        );

    /// <summary>
    /// After a try that was right: the ticket is used. False when it was already, or was voided meanwhile.
    /// </summary>
    internal static async Task<bool> Spend(NpgsqlConnection db, NpgsqlTransaction transaction, Guid id) =>
        await db.ExecuteAsync(
            "update ticket set used_at = now() where id = @id and used_at is null",
            new { id },
            transaction
        ) == 1;

    /// <summary>
    /// Links, codes and half-done sign-ins that were given to whom the account, which the caller holds, may not be any
    /// more. An e-mail that only verifies stays good.
    /// </summary>
    internal static async Task VoidAll(NpgsqlConnection db, NpgsqlTransaction transaction, Guid accountId)
    {
        var kept = nameof(TicketPurpose.EmailVerification);
        await db.ExecuteAsync(
            "update ticket set used_at = now() where account_id = @accountId and purpose <> @kept and used_at is null",
            new { accountId, kept },
            transaction
        );
        await db.ExecuteAsync(
            "delete from link_confirmation where account_id = @accountId",
            new { accountId },
            transaction
        );
    }

    /// <summary>
    /// Sign-ins whose first factor was proven by what the account, which the caller holds, has no more: they begin
    /// anew.
    /// </summary>
    internal static Task VoidSignIns(NpgsqlConnection db, NpgsqlTransaction transaction, Guid accountId) =>
        db.ExecuteAsync(
            """
            update ticket set used_at = now() where account_id = @accountId and purpose in ('Mfa', 'OAuthExchange')
              and used_at is null
            """,
            new { accountId },
            transaction
        );

    internal static Task ForgetOld(NpgsqlConnection db) =>
        db.ExecuteAsync(
            """
            delete from ticket where id in (select id from ticket where expires_at < now() - interval '1 day'
              limit @KeptBatchMax)
            """,
            new { KeptBatchMax }
        );

    private static string Context(TicketPurpose purpose, Guid id) => $"ticket:{purpose}:{id}";
}
