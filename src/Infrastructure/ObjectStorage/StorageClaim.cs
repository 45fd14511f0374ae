using Dapper;
using Npgsql;
using Veza.Infrastructure.Loops;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.ObjectStorage;

/// <summary>
/// A claim in force. Disposed before a commit was sent, it removes what was written. Afterwards it removes nothing,
/// however the commit ended: only the database knows whether a row names the objects, and the sweeper asks it.
/// </summary>
internal sealed class StorageClaim : IAsyncDisposable
{
    private const int ExtensionsPerLength = 5;
    private readonly StorageClaims claims;
    private readonly CancellationTokenSource stopped = new();
    private readonly Task keepAlive;

    internal StorageClaim(StorageClaims claims, string prefix, TimeProvider clock, ILogger log)
    {
        this.claims = claims;
        Prefix = prefix;
        // After a failure four more rounds come before the claim runs out; if it does, Commit tells the writer.
        keepAlive = HeldConnections.Beside(() =>
            Loop.Every(
                claims.Length / ExtensionsPerLength,
                "Keeping a claim on storage",
                log,
                ct => claims.Extend(prefix, ct),
                clock,
                stopped.Token
            )
        );
    }

    internal string Prefix { get; }

    /// <summary>Whether a commit that drops it was sent; its answer may have been lost.</summary>
    internal bool IsSent { get; private set; }

    /// <summary>
    /// The one way to commit a transaction that names the objects of these claims: they are dropped in it. False: one
    /// of them ran out meanwhile, and nothing is sent.
    /// </summary>
    internal static async Task<bool> Commit(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        params StorageClaim[] claims
    )
    {
        string[] prefixes = [.. claims.Select(claim => claim.Prefix)];
        var dropped = await db.ExecuteAsync(
            "delete from storage_claim where prefix = any(@prefixes) and not sweeping",
            new { prefixes = new PgValue<string[]>(prefixes) },
            transaction
        );
        if (dropped != claims.Length)
            return false;
        foreach (var claim in claims)
            claim.IsSent = true;
        await UnknownCommitException.Commit(transaction);
        return true;
    }

    public async ValueTask DisposeAsync()
    {
        await stopped.CancelAsync();
        await keepAlive;
        stopped.Dispose();
        if (!IsSent)
            await claims.Abandon(Prefix);
    }
}
