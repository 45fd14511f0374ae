using Dapper;
using Npgsql;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.ObjectStorage;

/// <summary>
/// A claim in force. Disposed before a commit was sent, it removes what was written. Afterwards it removes nothing, however the commit
/// ended: only the database knows whether a row names the objects, and the sweeper asks it.
/// </summary>
internal sealed class StorageClaim : IAsyncDisposable
{
    private const int ExtensionsPerLength = 5;
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

    /// <summary>Whether a commit that drops it was sent; its answer may have been lost.</summary>
    internal bool IsSent { get; private set; }

    /// <summary>
    /// The one way to commit a transaction that names the objects of these claims: they are dropped in it. False: one of them ran out
    /// meanwhile, and nothing is sent.
    /// </summary>
    internal static async Task<bool> Commit(NpgsqlConnection db, NpgsqlTransaction transaction, params StorageClaim[] claims)
    {
        string[] prefixes = [.. claims.Select(claim => claim.Prefix)];
        var dropped = await db.ExecuteAsync("delete from storage_claim where prefix = any(@prefixes) and not sweeping",
            new { prefixes = new PgValue<string[]>(prefixes) }, transaction);
        if (dropped != claims.Length) return false;
        foreach (var claim in claims) claim.IsSent = true;
        await UnknownCommitException.Commit(transaction);
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await stopped.CancelAsync();
        await keepAlive;
        stopped.Dispose();
        if (!IsSent) await claims.Abandon(Prefix);
    }

    private async Task KeepAlive(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(claims.Length / ExtensionsPerLength);
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
                    // Four more ticks before the claim runs out; if it does, Commit tells the writer.
                    claims.LogNotExtended(Prefix, e.Message);
                }
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // Disposed.
        }
    }
}
