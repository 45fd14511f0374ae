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

    /// <summary>Whose address it is, if anybody's, and whether they are known where the request comes from: for who asks a limit next, and holds nothing meanwhile.</summary>
    internal static async Task<(Recipient? Known, bool KnownHere)> Look(PostgresSource postgres, string email, HttpContext http, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var known = await ByEmail(db, null, email);
        return (known, await SecretTries.Knows(db, http, known?.Id));
    }

    internal static Task<Recipient?> ById(NpgsqlConnection db, Guid id) => db.QuerySingleOrDefaultAsync<Recipient>("""
        select id, username, display_name, email, email_verified_at is not null as is_verified from account where id = @id
        """, new { id });

    /// <summary>Locked, since who asks is about to change it; sessions of it may begin meanwhile.</summary>
    internal static Task<Recipient?> Locked(NpgsqlConnection db, NpgsqlTransaction transaction, Guid id) => db.QuerySingleOrDefaultAsync<Recipient>("""
        select id, username, display_name, email, email_verified_at is not null as is_verified from account where id = @id for no key update
        """, new { id }, transaction);

    /// <summary>What the account's password must not be.</summary>
    internal string?[] Names => [Email, Username, DisplayName];

    internal bool Has(string? email) => string.Equals(Email, email, StringComparison.OrdinalIgnoreCase);
}
