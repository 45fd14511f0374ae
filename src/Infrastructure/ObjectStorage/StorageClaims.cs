using Dapper;
using Npgsql;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Loops;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.ObjectStorage;

/// <summary>
/// Nothing is left behind in storage, and nothing that a row names is ever removed: whoever writes under a prefix
/// claims it first, and the transaction that names the objects drops the claim. A claim that is still there when it has
/// run out is of a transaction that did not commit; its objects are removed here, and nowhere else. No prefix is
/// claimed twice: each has an id of its own in it.
/// </summary>
internal sealed partial class StorageClaims(
    PostgresSource postgres,
    IObjectStore store,
    Settings settings,
    TimeProvider clock,
    ILogger<StorageClaims> log
)
{
    private const int SweepBatchMax = 20;

    /// <summary>
    /// After that another sweeper goes on with what this one has begun: it died, or could not remove it.
    /// </summary>
    private static readonly TimeSpan SweepLease = TimeSpan.FromSeconds(20);

    /// <summary>
    /// From then on <see cref="StorageClaim.Commit"/> finds no claim: the writer waits for this row, or this statement
    /// passes over the row that a writer has dropped and not committed yet.
    /// </summary>
    private const string MarkSql = """
        update storage_claim c set sweeping = true, claimed_until = now() + @lease from over
          where c.prefix = over.prefix
        returning c.prefix
        """;

    /// <summary>How long a claim lasts of which nothing more is heard.</summary>
    internal TimeSpan Length => settings.StorageClaim;

    internal async Task<StorageClaim> Take(string prefix, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await db.ExecuteAsync(
            "insert into storage_claim (prefix, claimed_until) values (@prefix, now() + @length)",
            new { prefix, length = Length }
        );
        return new StorageClaim(this, prefix, clock, log);
    }

    /// <summary>
    /// Puts objects that no row will name any more up for sweeping, in the transaction that forgets them.
    /// </summary>
    internal static async Task Forsake(NpgsqlConnection db, NpgsqlTransaction? transaction, string prefix) =>
        await db.ExecuteAsync("select forsake_objects(@prefix)", new { prefix }, transaction);

    /// <summary>
    /// Removes the objects of claims that ran out, a batch of them; returns of how many it was tried.
    /// </summary>
    internal async Task<int> Sweep(CancellationToken ct)
    {
        string[] prefixes;
        await using (var db = await postgres.OpenConnectionAsync(ct))
        {
            prefixes =
            [
                .. await db.QueryAsync<string>(
                    $"""
                    with over as materialized (
                      select prefix from storage_claim where claimed_until <= now() order by claimed_until limit @max
                         for update skip locked
                    )
                    {MarkSql}
                    """,
                    new { max = SweepBatchMax, lease = SweepLease }
                ),
            ];
        }

        await Remove(prefixes, ct);
        return prefixes.Length;
    }

    /// <summary>
    /// The same for objects that were forsaken a moment ago, so that nobody finds them any longer. What cannot be
    /// removed now stays for
    /// <see cref="Sweep"/>: the caller's work is done.
    /// </summary>
    internal async Task SweepNow(params string[] prefixes)
    {
        if (prefixes.Length == 0)
            return;
        try
        {
            string[] marked;
            // The request is over, perhaps because it was cut: its token must not stop the cleaning.
            await using (var db = await postgres.OpenConnectionAsync(CancellationToken.None))
            {
                marked =
                [
                    .. await db.QueryAsync<string>(
                        $"""
                        with over as materialized (
                          select prefix from storage_claim where prefix = any(@prefixes) and claimed_until <= now()
                            order by prefix
                             for update skip locked
                        )
                        {MarkSql}
                        """,
                        new { prefixes = new PgValue<string[]>(prefixes), lease = SweepLease }
                    ),
                ];
            }

            await Remove(marked, CancellationToken.None);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            LogLeft(string.Join(", ", prefixes), e.Message);
        }
    }

    internal async Task Extend(string prefix, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await db.ExecuteAsync(
            "update storage_claim set claimed_until = now() + @length where prefix = @prefix and not sweeping",
            new { prefix, length = Length }
        );
    }

    /// <summary>
    /// Of a writer who sent no commit: no row can name what was written, also when the claim was swept long ago.
    /// </summary>
    internal async Task Abandon(string prefix)
    {
        try
        {
            await using var db = await postgres.OpenConnectionAsync(CancellationToken.None);
            await Forsake(db, null, prefix);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            LogLeft(prefix, e.Message);
            return;
        }

        await SweepNow(prefix);
    }

    private async Task Remove(string[] prefixes, CancellationToken ct)
    {
        foreach (var prefix in prefixes)
        {
            try
            {
                await store.DeleteUnder(prefix, ct);
                await using var db = await postgres.OpenConnectionAsync(ct);
                // Not when it was forsaken anew meanwhile, or this took longer than the lease: then it is swept once
                // more.
                await db.ExecuteAsync(
                    "delete from storage_claim where prefix = @prefix and sweeping and claimed_until > now()",
                    new { prefix }
                );
            }
            catch (Exception e)
            {
                Loop.Failed("Sweeping objects", log, e);
                // Its lease runs out: then it is tried again, behind all that was due before.
                LogLeft(prefix, e.Message);
            }
        }

        ct.ThrowIfCancellationRequested();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Objects under {Prefix} are left to the sweeper: {Reason}")]
    private partial void LogLeft(string prefix, string reason);
}
