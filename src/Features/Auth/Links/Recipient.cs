using Dapper;
using Npgsql;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Auth.Links;

/// <summary>
/// An account as far as an e-mail to it needs. E-mails go to the address that the account has, never to the one that a
/// request spelled.
/// </summary>
internal sealed record Recipient(Guid Id, string Username, string DisplayName, string Email, bool IsVerified)
{
    /// <summary>Stands in for an account that is not there, so that it costs the same.</summary>
    internal static Recipient Nobody(string email) => new(Guid.Empty, "nobody", "nobody", email, false);

    internal static Task<Recipient?> ByEmail(NpgsqlConnection db, NpgsqlTransaction? transaction, string email) =>
        db.QuerySingleOrDefaultAsync<Recipient>(
            """
            select id, username, display_name, email, email_verified_at is not null as is_verified from account
              where lower(email) = lower(@email)
            """,
            new { email },
            transaction
        );

    internal static Task<Recipient?> ById(NpgsqlConnection db, Guid id) =>
        db.QuerySingleOrDefaultAsync<Recipient>(
            """
            select id, username, display_name, email, email_verified_at is not null as is_verified from account
              where id = @id
            """,
            new { id }
        );

    /// <summary>
    /// Who has the address, if anybody, whether they were where the request comes from, and under what its e-mails are
    /// counted. Nothing is held afterwards.
    /// </summary>
    internal static async Task<(Recipient? Known, bool IsKnownHere, string Counted)> Asked(
        PostgresSource postgres,
        string email,
        HttpContext http,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var known = await ByEmail(db, null, email);
        return (known, await SecretTries.Knows(db, http, known?.Id), await Counted(db, email));
    }

    /// <summary>
    /// One for all spellings in which the database finds an address, whose lower case knows more of them than ours:
    /// else each would have its own e-mails, and its own tries at their codes.
    /// </summary>
    internal static async Task<string> Counted(NpgsqlConnection db, string email) =>
        await db.QuerySingleAsync<string>("select lower(@email)", new { email });

    /// <summary>What the account's password must not be.</summary>
    internal string?[] Names => [Email, Username, DisplayName];
}
