using Dapper;
using Npgsql;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Auth;

/// <summary>An account as far as a letter to it needs. Letters go to the address that the account has, never to the one that a request spelled.</summary>
internal sealed record Recipient(Guid Id, string Username, string DisplayName, string Email, bool IsVerified)
{
    /// <summary>Stands in for an account that is not there, so that it costs the same.</summary>
    internal static Recipient Nobody(string email) => new(Guid.Empty, "nobody", "nobody", email, false);

    internal static Task<Recipient?> ByEmail(NpgsqlConnection db, NpgsqlTransaction? transaction, string email) => db.QuerySingleOrDefaultAsync<Recipient>("""
        select id, username, display_name, email, email_verified_at is not null as is_verified from account where lower(email) = lower(@email)
        """, new { email }, transaction);

    internal static Task<Recipient?> ById(NpgsqlConnection db, Guid id) => db.QuerySingleOrDefaultAsync<Recipient>("""
        select id, username, display_name, email, email_verified_at is not null as is_verified from account where id = @id
        """, new { id });

    /// <summary>Who has the address, if anybody, and whether they were where the request comes from. Nothing is held afterwards.</summary>
    internal static async Task<(Recipient? Known, bool IsKnownHere)> Asked(
        PostgresSource postgres, string email, HttpContext http, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var known = await ByEmail(db, null, email);
        return (known, await SecretTries.Knows(db, http, known?.Id));
    }

    /// <summary>What the account's password must not be.</summary>
    internal string?[] Names => [Email, Username, DisplayName];
}
