using Dapper;
using Npgsql;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.ObjectStorage;

/// <summary>
/// Nothing is left behind in storage: whoever writes under a prefix claims it first, keeps the claim alive while writing, and drops it in the
/// transaction that names the objects. A claim that ran out belongs to nobody any more, and its objects are swept.
/// </summary>
internal sealed partial class StorageClaims(PostgresSource postgres, IObjectStore store, ILogger<StorageClaims> log)
{
    internal static readonly TimeSpan Length = TimeSpan.FromMinutes(5);
    private const int SweepBatchMax = 100;

    internal async Task<StorageClaim> Take(string prefix, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await db.ExecuteAsync("insert into storage_claim (prefix, claimed_until) values (@prefix, now() + @length)", new { prefix, length = Length, ct });
        return new StorageClaim(this, prefix);
    }

    /// <summary>Part of the writer's transaction: false means that the claim ran out meanwhile, and the transaction must not commit.</summary>
    internal static async Task<bool> Drop(NpgsqlConnection db, NpgsqlTransaction transaction, string prefix) =>
        await db.ExecuteAsync("delete from storage_claim where prefix = @prefix and not sweeping", new { prefix }, transaction) == 1;

    /// <summary>Puts objects that no row will name any more up for sweeping, in the transaction that forgets them.</summary>
    internal static async Task Forsake(NpgsqlConnection db, NpgsqlTransaction transaction, string prefix) =>
        await db.ExecuteAsync("insert into storage_claim (prefix, claimed_until) values (@prefix, now()) on conflict (prefix) do update set claimed_until = now()",
            new { prefix }, transaction);

    /// <summary>Removes the objects of claims that ran out; returns how many prefixes were swept.</summary>
    internal async Task<int> Sweep(CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<string>("""
            update storage_claim set sweeping = true
             where prefix in (select prefix from storage_claim where claimed_until <= now() order by claimed_until limit @max)
               and claimed_until <= now()
            returning prefix
            """, new { max = SweepBatchMax, ct });
        var swept = 0;
        foreach (var prefix in rows)
        {
            await store.DeleteUnder(prefix, ct);
            swept += await db.ExecuteAsync("delete from storage_claim where prefix = @prefix and sweeping", new { prefix, ct });
        }

        return swept;
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "Objects under {Prefix} are left to the sweeper: {Reason}")]
    private partial void LogAbandoned(string prefix, string reason);
}

/// <summary>A claim in force. Disposing it without <see cref="Kept"/> removes what was written.</summary>
internal sealed class StorageClaim : IAsyncDisposable
{
    private readonly StorageClaims claims;
    private readonly CancellationTokenSource stopped = new();
    private readonly Task keepAlive;

    internal StorageClaim(StorageClaims claims, string prefix)
    {
        this.claims = claims;
        Prefix = prefix;
        keepAlive = KeepAlive(stopped.Token);
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

    private async Task KeepAlive(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(StorageClaims.Length / 5);
        try
        {
            while (await timer.WaitForNextTickAsync(ct))
            {
                try
                {
                    await claims.Extend(Prefix, ct);
                }
                catch (Exception e) when (e is NpgsqlException or TimeoutException)
                {
                    // Four more ticks before the claim runs out; if it does, Drop tells the writer.
                }
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // Disposed: the claim is kept or abandoned.
        }
    }
}
