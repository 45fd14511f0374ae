using System.Reflection;
using System.Security.Cryptography;
using Dapper;
using Npgsql;

namespace Veza.Infrastructure.Postgres;

/// <summary>
/// Applies the SQL files of all Schema/ folders in the order of their numbers, each once and in its own transaction.
/// Several nodes may start it at the same time: one works, the others wait.
/// </summary>
internal static class Migrations
{
    private const long LockKey = 0x76657A61; // "veza"
    private const int Unlimited = 0;

    internal sealed record Applied(string Name, string Sha256);

    internal static async Task<int> Apply(PostgresSource postgres, Action<string> say, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        // Another node may be at work for as long as its migrations take.
        await db.ExecuteAsync("select pg_advisory_lock(@key)", new { key = LockKey }, commandTimeout: Unlimited);
        await db.ExecuteAsync(
            """
            create table if not exists schema_migration (
              name text not null,
              sha256 text not null,
              applied_at timestamptz not null default now(),
              constraint schema_migration_pkey primary key (name)
            )
            """
        );
        var rows = await db.QueryAsync<Applied>("select name, sha256 from schema_migration");
        var applied = rows.ToDictionary(m => m.Name, m => m.Sha256);
        var count = 0;
        foreach (var (name, sql) in Embedded())
        {
            var sha256 = Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(sql)));
            if (applied.TryGetValue(name, out var known))
            {
                if (known != sha256)
                    throw new MigrationException(
                        $"Migration {name} was changed after it was applied. Put it back and write a new one."
                    );
                continue;
            }

            await using var transaction = await db.BeginTransactionAsync(ct);
            await Run(db, transaction, name, sql);
            await db.ExecuteAsync(
                "insert into schema_migration (name, sha256) values (@name, @sha256)",
                new { name, sha256 },
                transaction
            );
            await transaction.CommitAsync(CancellationToken.None);
            say($"applied {name}");
            count++;
        }

        return count;
    }

    private static async Task Run(NpgsqlConnection db, NpgsqlTransaction transaction, string name, string sql)
    {
        await using var command = new NpgsqlCommand(sql, db, transaction) { CommandTimeout = Unlimited };
        try
        {
            await command.ExecuteNonQueryAsync();
        }
        catch (PostgresException e)
        {
            throw new MigrationException(
                $"Migration {name} was refused, and nothing of it was applied: {e.Message}",
                e
            );
        }
    }

    /// <summary>
    /// What a role needs to serve: to read and write rows and to call functions, of what is there and of what later
    /// migrations and months bring; no table and no function is its own. What only migrations write it may only read.
    /// </summary>
    internal static async Task Grant(PostgresSource postgres, string role, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var schema = Quoted((await db.ExecuteScalarAsync<string>("select current_schema()"))!);
        var who = Quoted(role);
        await using var transaction = await db.BeginTransactionAsync(ct);
        await using var grants = new NpgsqlCommand(
            $"""
            grant usage on schema {schema} to {who};
            grant select, insert, update, delete on all tables in schema {schema} to {who};
            grant usage, select on all sequences in schema {schema} to {who};
            grant execute on all functions in schema {schema} to {who};
            alter default privileges in schema {schema} grant select, insert, update, delete on tables to {who};
            alter default privileges in schema {schema} grant usage, select on sequences to {who};
            alter default privileges in schema {schema} grant execute on functions to {who};
            revoke insert, update, delete on {schema}.schema_migration from {who};
            """,
            db,
            transaction
        )
        {
            CommandTimeout = Unlimited,
        };
        await grants.ExecuteNonQueryAsync(CancellationToken.None);
        await transaction.CommitAsync(CancellationToken.None);
    }

    /// <summary>Names of the migrations that this binary brings and the database lacks.</summary>
    internal static async Task<string[]> Missing(PostgresSource postgres, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var exists = await db.ExecuteScalarAsync<bool>("select to_regclass('schema_migration') is not null");
        if (!exists)
            return [.. Embedded().Select(m => m.Name)];
        var names = await db.QueryAsync<string>("select name from schema_migration");
        return [.. Embedded().Select(m => m.Name).Except(names)];
    }

    private static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static IEnumerable<(string Name, string Sql)> Embedded()
    {
        var assembly = Assembly.GetExecutingAssembly();
        foreach (
            var resource in assembly
                .GetManifestResourceNames()
                .Where(n => n.StartsWith("schema/", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
        )
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
            yield return (Path.GetFileNameWithoutExtension(resource), reader.ReadToEnd());
        }
    }
}
