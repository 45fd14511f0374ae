using Dapper;
using Npgsql;
using Veza.Infrastructure.Loops;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.ObjectStorage;

/// <summary>
/// Nothing is left behind in storage: whoever writes under a prefix claims it first, keeps the claim alive while writing, and drops it in the
/// transaction that names the objects. A claim that ran out belongs to nobody any more, and its objects are swept.
/// </summary>
internal sealed partial class StorageClaims(PostgresSource postgres, IObjectStore store, ILogger<StorageClaims> log)
{
    internal static readonly TimeSpan Length = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan PutOff = TimeSpan.FromMinutes(10);
    private const int SweepBatchMax = 100;

    internal async Task<StorageClaim> Take(string prefix, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await db.ExecuteAsync("insert into storage_claim (prefix, claimed_until) values (@prefix, now() + @length)", new { prefix, length = Length, ct });
        return new StorageClaim(this, prefix, log);
    }

    /// <summary>Part of the writer's transaction: false means that the claim ran out meanwhile, and the transaction must not commit.</summary>
    internal static async Task<bool> Drop(NpgsqlConnection db, NpgsqlTransaction transaction, string prefix) =>
        await db.ExecuteAsync("delete from storage_claim where prefix = @prefix and not sweeping", new { prefix }, transaction) == 1;

    /// <summary>Puts objects that no row will name any more up for sweeping, in the transaction that forgets them.</summary>
    internal static async Task Forsake(NpgsqlConnection db, NpgsqlTransaction transaction, string prefix) =>
        await db.ExecuteAsync("insert into storage_claim (prefix, claimed_until) values (@prefix, now()) on conflict (prefix) do update set claimed_until = now()",
            new { prefix }, transaction);

    /// <summary>Removes the objects of claims that ran out; returns how many were looked at. What cannot be removed now is put off, so that it does not come first for ever.</summary>
    internal async Task<int> Sweep(CancellationToken ct)
    {
        var prefixes = await Due(ct);
        foreach (var prefix in prefixes)
        {
            if (await Loop.Attempt("Sweeping objects", log, _ => Sweep(prefix, ct), ct)) continue;
            ct.ThrowIfCancellationRequested();
            LogUnswept(prefix, PutOff);
            await using var db = await postgres.OpenConnectionAsync(ct);
            await db.ExecuteAsync("update storage_claim set claimed_until = now() + @PutOff where prefix = @prefix and sweeping", new { prefix, PutOff, ct });
        }

        return prefixes.Length;
    }

    private async Task<string[]> Due(CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<string>("""
            update storage_claim set sweeping = true
             where prefix in (select prefix from storage_claim where claimed_until <= now() order by claimed_until limit @max)
               and claimed_until <= now()
            returning prefix
            """, new { max = SweepBatchMax, ct });
        return [.. rows];
    }

    private async Task Sweep(string prefix, CancellationToken ct)
    {
        await store.DeleteUnder(prefix, ct);
        await using var db = await postgres.OpenConnectionAsync(ct);
        await db.ExecuteAsync("delete from storage_claim where prefix = @prefix and sweeping", new { prefix, ct });
    }

    internal async Task Extend(string prefix, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await db.ExecuteAsync("update storage_claim set claimed_until = now() + @length where prefix = @prefix and not sweeping", new { prefix, length = Length, ct });
    }

    /// <summary>Removes what was written so far. When storage does not answer, the claim stays, runs out and is swept.</summary>
    internal async Task Abandon(string prefix)
    {
        try
        {
            // The request is over, perhaps because it was cut: its token must not stop the cleaning.
            await store.DeleteUnder(prefix, CancellationToken.None);
            await using var db = await postgres.OpenConnectionAsync(CancellationToken.None);
            await db.ExecuteAsync("delete from storage_claim where prefix = @prefix and not sweeping", new { prefix });
        }
        catch (Exception e)
        {
            LogAbandoned(prefix, e.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Objects under {Prefix} cannot be removed now, and are tried again in {PutOff}")]
    private partial void LogUnswept(string prefix, TimeSpan putOff);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Objects under {Prefix} are left to the sweeper: {Reason}")]
    private partial void LogAbandoned(string prefix, string reason);
}

/// <summary>A claim in force. Disposing it without <see cref="Kept"/> removes what was written.</summary>
internal sealed class StorageClaim : IAsyncDisposable
{
    private readonly StorageClaims claims;
    private readonly CancellationTokenSource stopped = new();
    private readonly Task keepAlive;

    internal StorageClaim(StorageClaims claims, string prefix, ILogger log)
    {
        this.claims = claims;
        Prefix = prefix;
        // After a failure four more ticks come before the claim runs out; if it does, Drop tells the writer.
        keepAlive = HeldConnections.Beside(() => Loop.Every(StorageClaims.Length / 5, "Keeping a claim on storage", log, ct => claims.Extend(prefix, ct), stopped.Token));
    }

    internal string Prefix { get; }

    /// <summary>Set when the transaction that names the objects has committed.</summary>
    internal bool Kept { get; set; }

    public async ValueTask DisposeAsync()
    {
        await stopped.CancelAsync();
        await keepAlive;
        stopped.Dispose();
        if (!Kept) await claims.Abandon(Prefix);
    }
}
