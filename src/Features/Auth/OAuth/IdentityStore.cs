using System.Text.Json;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.OAuth;

/// <summary>The rows of identities, and the tokens of their providers, which are sealed.</summary>
internal sealed class IdentityStore(Secrets secrets)
{
    /// <summary>The context is that of <see cref="SealContext"/>.</summary>
    internal static readonly SealedColumn Tokens = new(
        "provider tokens",
        """
        select id, 'identity:' || provider || ':' || subject as context, sealed_tokens as sealed from identity
          where id > @after and sealed_tokens is not null order by id limit @BatchMax
        """,
        "update identity set sealed_tokens = @sealedAnew where id = @Id and sealed_tokens = @before"
    );

    internal static Task<Guid?> OwnerOf(
        NpgsqlConnection db,
        NpgsqlTransaction? transaction,
        IIdentityProvider provider,
        ProvenIdentity proven
    ) =>
        db.ExecuteScalarAsync<Guid?>(
            "select account_id from identity where provider = @Name and subject = @Subject",
            new { provider.Name, proven.Subject },
            transaction
        );

    /// <summary>
    /// Known by its subject: what the provider says now is kept. Its address changes nothing here, not even when it is
    /// no longer verified. False when it is not this account's, or not any more.
    /// </summary>
    internal async Task<bool> Renew(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        IIdentityProvider provider,
        ProvenIdentity proven,
        Guid accountId
    ) =>
        await db.ExecuteAsync(
            """
            update identity set email = @Email, email_verified = @EmailVerified, username = @username,
              sealed_tokens = @sealedTokens, last_used_at = now()
             where provider = @Name and subject = @Subject and account_id = @accountId
            """,
            new
            {
                provider.Name,
                proven.Subject,
                proven.Email,
                proven.EmailVerified,
                username = UsernameIdeas.Display(proven.Username),
                sealedTokens = new PgValue<byte[]>(Seal(provider, proven)),
                accountId,
            },
            transaction
        ) == 1;

    /// <summary>False when the identity is linked already, to this account or another.</summary>
    internal async Task<bool> Link(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        IIdentityProvider provider,
        ProvenIdentity proven,
        Guid accountId,
        Origin from,
        Guid? actorId
    )
    {
        var id = Guid.CreateVersion7();
        var made = await db.ExecuteAsync(
            """
            insert into identity (id, account_id, provider, subject, email, email_verified, username, sealed_tokens)
            values (@id, @accountId, @Name, @Subject, @Email, @EmailVerified, @username, @sealedTokens)
            on conflict (provider, subject) do nothing
            """,
            new
            {
                id,
                accountId,
                provider.Name,
                proven.Subject,
                proven.Email,
                proven.EmailVerified,
                username = UsernameIdeas.Display(proven.Username),
                sealedTokens = new PgValue<byte[]>(Seal(provider, proven)),
            },
            transaction
        );
        if (made == 1)
            await AuditTrail.Write(
                db,
                transaction,
                new AuditEntry(
                    AuditActions.IdentityLinked,
                    accountId,
                    from,
                    actorId,
                    $$"""{"provider":"{{provider.Name}}"}"""
                )
            );
        return made == 1;
    }

    private byte[] Seal(IIdentityProvider provider, ProvenIdentity proven) =>
        secrets.Seal(
            JsonSerializer.SerializeToUtf8Bytes(proven.Tokens, OAuthTicketJson.Default.ProviderTokens),
            SealContext(provider.Name, proven.Subject)
        );

    private static string SealContext(string provider, string subject) => $"identity:{provider}:{subject}";
}
