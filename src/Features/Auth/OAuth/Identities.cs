using System.Text.Json;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>An account elsewhere that signs in here, as its owner sees it.</summary>
internal sealed record Identity(Guid Id, string Provider, string? Email, bool EmailVerified, string? Username, DateTime CreatedAt, DateTime LastUsedAt)
{
    internal static readonly Identity Example = new(
        Guid.Parse("019b0c80-2222-7c11-9d3e-5f0d4c1a2b3c"), "github", "mira@example.org", true, "mira", Account.Example.CreatedAt, Account.Example.CreatedAt);
}

/// <summary>
/// Whose account a proven identity is: docs/decisions/0012-whose-account.md has the rules and what they keep out. The provider's subject decides; its
/// address does so once, and only where both sides have verified it.
/// </summary>
internal sealed class Identities(Secrets secrets, Limits limits)
{
    private const int RoundsMax = 4;

    /// <summary>The context is that of <see cref="SealContext"/>.</summary>
    internal static readonly SealedColumn Tokens = new(
        "provider tokens",
        "select id, 'identity:' || provider || ':' || subject as context, sealed_tokens as sealed from identity where id > @after and sealed_tokens is not null order by id limit @BatchMax",
        "update identity set sealed_tokens = @sealedAnew where id = @Id and sealed_tokens = @before");

    /// <summary>An account with the address that the provider gave.</summary>
    internal sealed record Namesake(Guid Id, string Email, bool EmailVerified, bool HasSecondFactor, bool Suspended);

    internal sealed record Linkable(string Email, bool EmailVerified);

    /// <summary>Whoever is new here registers, and is counted as one who does. Asked before a connection is held for the rest.</summary>
    internal async Task<Error?> RefuseNew(PostgresSource postgres, IIdentityProvider provider, ProvenIdentity proven, HttpContext http, CancellationToken ct) =>
        !proven.ProvesEmail || await IsKnown(postgres, provider, proven, ct) ? null : await limits.Refuse(http, Policies.Register);

    private static async Task<bool> IsKnown(PostgresSource postgres, IIdentityProvider provider, ProvenIdentity proven, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await db.ExecuteScalarAsync<bool>("""
            select exists (select 1 from identity where provider = @Name and subject = @Subject) or exists (select 1 from account where lower(email) = lower(@Email))
            """, new { provider.Name, proven.Subject, proven.Email, ct });
    }

    /// <summary>The account to sign in to, which is made when there is none; or why not.</summary>
    internal async Task<(Guid? AccountId, Error? Error)> Resolve(NpgsqlConnection db, NpgsqlTransaction transaction, IIdentityProvider provider, ProvenIdentity proven, HttpContext http)
    {
        var from = Origin.Of(http);
        // Whoever comes between two statements leaves something to find in the next round.
        for (var round = 0; round < RoundsMax; round++)
        {
            if (await Renew(db, transaction, provider, proven) is { } known) return (known, null);
            if (!proven.ProvesEmail) return (null, Errors.ProviderEmailUnverified);
            var namesake = await FindNamesake(db, transaction, proven);
            var (accountId, error) = namesake is null ? (await Create(db, transaction, provider, proven, from), null) : await Adopt(db, transaction, provider, proven, namesake, from);
            if (accountId is not null || error is not null) return (accountId, error);
        }

        return (null, Errors.Unavailable);
    }

    /// <summary>Links to the account of a session that asked for it.</summary>
    internal async Task<Error?> Link(
        NpgsqlConnection db, NpgsqlTransaction transaction, IIdentityProvider provider, ProvenIdentity proven, Guid accountId, Guid sessionId, Origin from)
    {
        var account = await db.QuerySingleOrDefaultAsync<Linkable>("""
            select email, email_verified_at is not null as email_verified
              from account
             where id = @accountId and (suspended_at is null or suspended_until <= now())
               and exists (select 1 from session where id = @sessionId and account_id = @accountId and ended_at is null and expires_at > now())
               for no key update
            """, new { accountId, sessionId }, transaction);
        if (account is null) return Errors.SessionEnded;

        // Somebody may have registered with an address that is not theirs. What they link before it is verified would stay theirs when its owner comes.
        if (!account.EmailVerified && !(proven.ProvesEmail && IsSame(account.Email, proven.Email!))) return Errors.EmailVerificationFirst;
        if (await Insert(db, transaction, provider, proven, accountId, from, accountId)) return null;
        var owner = await db.ExecuteScalarAsync<Guid>("select account_id from identity where provider = @Name and subject = @Subject", new { provider.Name, proven.Subject }, transaction);
        if (owner != accountId) return Errors.IdentityTaken;
        await Renew(db, transaction, provider, proven);
        return null;
    }

    /// <summary>Known by its subject: what the provider says now is kept. Its address changes nothing here, not even when it is no longer verified.</summary>
    private Task<Guid?> Renew(NpgsqlConnection db, NpgsqlTransaction transaction, IIdentityProvider provider, ProvenIdentity proven) => db.ExecuteScalarAsync<Guid?>("""
        update identity set email = @Email, email_verified = @EmailVerified, username = @username, sealed_tokens = @sealedTokens, last_used_at = now()
         where provider = @Name and subject = @Subject
        returning account_id
        """, new
    {
        provider.Name, proven.Subject, proven.Email, proven.EmailVerified, username = UsernameIdeas.Display(proven.Username), sealedTokens = new PgValue<byte[]>(Seal(provider, proven)),
    }, transaction);

    /// <summary>Locked against another link, but not against a session that begins: it has the identity's row already, which we may want next.</summary>
    private static Task<Namesake?> FindNamesake(NpgsqlConnection db, NpgsqlTransaction transaction, ProvenIdentity proven) => db.QuerySingleOrDefaultAsync<Namesake>("""
        select id, email, email_verified_at is not null as email_verified,
               exists (select 1 from totp where account_id = account.id and confirmed_at is not null) as has_second_factor,
               suspended_at is not null and (suspended_until is null or suspended_until > now()) as suspended
          from account where lower(email) = lower(@Email)
           for no key update
        """, new { proven.Email }, transaction);

    /// <summary>Links to the account with the same address, where that is safe without asking its owner.</summary>
    private async Task<(Guid?, Error?)> Adopt(
        NpgsqlConnection db, NpgsqlTransaction transaction, IIdentityProvider provider, ProvenIdentity proven, Namesake namesake, Origin from)
    {
        // The second factor would be asked for only after the link is made.
        if (!namesake.EmailVerified || namesake.HasSecondFactor || !IsSame(namesake.Email, proven.Email!))
        {
            var detail = $$"""{"method":"{{IdentityProviders.MethodOf(provider.Name)}}","cause":"not_linked"}""";
            await AuditTrail.Write(db, transaction, new AuditEntry(AuditActions.SignInRefused, namesake.Id, from, DetailJson: detail));
            return (null, Errors.AccountExistsLinkFirst);
        }

        // Nothing is linked to the suspended, whom the sign-in refuses with the reason.
        if (namesake.Suspended) return (namesake.Id, null);
        return (await Insert(db, transaction, provider, proven, namesake.Id, from, null) ? namesake.Id : null, null);
    }

    /// <summary>A new account without a password; null when somebody else was faster.</summary>
    private async Task<Guid?> Create(NpgsqlConnection db, NpgsqlTransaction transaction, IIdentityProvider provider, ProvenIdentity proven, Origin from)
    {
        foreach (var username in UsernameIdeas.From(proven.Username))
        {
            var id = Guid.CreateVersion7();
            var displayName = UsernameIdeas.Display(proven.DisplayName) ?? username;
            var made = await db.ExecuteAsync("""
                insert into account (id, email, username, display_name, email_verified_at) values (@id, @Email, @username, @displayName, now())
                on conflict do nothing
                """, new { id, proven.Email, username, displayName }, transaction);
            if (made == 0)
            {
                if (await FindNamesake(db, transaction, proven) is not null) return null;
                continue;
            }

            if (!await Insert(db, transaction, provider, proven, id, from, id))
            {
                // The same person in a second tab was faster by a moment: theirs stays.
                await db.ExecuteAsync("delete from account where id = @id", new { id }, transaction);
                return null;
            }

            await AuditTrail.Write(db, transaction, new AuditEntry(AuditActions.Registered, id, from, id, $$"""{"method":"{{IdentityProviders.MethodOf(provider.Name)}}"}"""));
            return id;
        }

        throw new RefusedException(Errors.UsernameTaken);
    }

    private async Task<bool> Insert(
        NpgsqlConnection db, NpgsqlTransaction transaction, IIdentityProvider provider, ProvenIdentity proven, Guid accountId, Origin from, Guid? actorId)
    {
        var id = Guid.CreateVersion7();
        var made = await db.ExecuteAsync("""
            insert into identity (id, account_id, provider, subject, email, email_verified, username, sealed_tokens)
            values (@id, @accountId, @Name, @Subject, @Email, @EmailVerified, @username, @sealedTokens)
            on conflict (provider, subject) do nothing
            """, new
        {
            id, accountId, provider.Name, proven.Subject, proven.Email, proven.EmailVerified, username = UsernameIdeas.Display(proven.Username),
            sealedTokens = new PgValue<byte[]>(Seal(provider, proven)),
        }, transaction);
        if (made == 1) await AuditTrail.Write(db, transaction, new AuditEntry(AuditActions.IdentityLinked, accountId, from, actorId, $$"""{"provider":"{{provider.Name}}"}"""));
        return made == 1;
    }

    private byte[] Seal(IIdentityProvider provider, ProvenIdentity proven) =>
        secrets.Seal(JsonSerializer.SerializeToUtf8Bytes(proven.Tokens, OAuthTicketJson.Default.ProviderTokens), SealContext(provider.Name, proven.Subject));

    private static string SealContext(string provider, string subject) => $"identity:{provider}:{subject}";

    /// <summary>To the letter but for the case of ASCII letters, whatever the database's language holds for lower case.</summary>
    private static bool IsSame(string ours, string theirs) => System.Text.Ascii.EqualsIgnoreCase(ours, theirs);
}
