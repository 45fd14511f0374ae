using System.Collections.Concurrent;
using Dapper;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Batching;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Uploads;

/// <summary>
/// Whether one more upload may wait for a worker: not beyond an account's number, and not while the wait is thought to
/// be longer than an operator allows. Retry-After is when there should be room; asking before that never moves it
/// later.
/// </summary>
internal sealed class UploadQueue(PostgresSource postgres, Settings settings, TimeProvider clock) : IDisposable
{
    private const int PromisesMax = 10_000,
        RetryAfterMinS = 5,
        RetryAfterMaxS = 6 * 3600;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<Guid, DateTimeOffset> promises = new();
    private readonly OneAtATime looking = new();
    private JobLoad? load;
    private DateTimeOffset lookedAt;

    internal async Task<Error?> Refuse(Guid accountId, CancellationToken ct)
    {
        var now = await Look(ct);
        await using var db = await postgres.OpenConnectionAsync(ct);
        var waiting = await db.ExecuteScalarAsync<long>(
            """
            select (select count(*) from track where account_id = @accountId and status in ('queued', 'processing'))
                 + (select count(*) from track_revision where account_id = @accountId
                   and state in ('queued', 'processing'))
            """,
            new { accountId }
        );
        // What counts is the statement that reserves a place; this spares whoever waits already the sending.
        if (waiting >= UploadsLimits.WaitingMax)
            return UploadsErrors.QueueFull with { RetryAfterS = Promise(accountId, now.Turn) };
        var over = now.Wait - TimeSpan.FromSeconds(settings.Worker.QueueWaitMaxS);
        return over > TimeSpan.Zero
            ? UploadsErrors.ProcessingBusy with
            {
                RetryAfterS = Promise(accountId, over),
            }
            : null;
    }

    /// <summary>
    /// The same refusal by the statement that decides it, with the time at which there should be room; any other as it
    /// is.
    /// </summary>
    internal async Task<Error> Promised(Error refused, Guid accountId, CancellationToken ct) =>
        refused.Code == UploadsErrors.QueueFull.Code
            ? refused with
            {
                RetryAfterS = Promise(accountId, (await Look(ct)).Turn),
            }
            : refused;

    public void Dispose() => looking.Dispose();

    /// <summary>The load as it was at most a second ago: one question for all uploads of this process.</summary>
    private async Task<JobLoad> Look(CancellationToken ct)
    {
        using var turn = await looking.Enter(ct);
        if (load is not null && clock.GetUtcNow() - lookedAt < LookEvery)
            return load;
        load = await NewTrack.Load(postgres, ct);
        lookedAt = clock.GetUtcNow();
        return load;
    }

    private int Promise(Guid accountId, TimeSpan wait)
    {
        var now = clock.GetUtcNow();
        var until = now + TimeSpan.FromSeconds(Math.Clamp(wait.TotalSeconds, RetryAfterMinS, RetryAfterMaxS));
        if (promises.Count >= PromisesMax)
            foreach (var (account, at) in promises)
                if (at <= now)
                    promises.TryRemove(KeyValuePair.Create(account, at));
        if (promises.Count < PromisesMax || promises.ContainsKey(accountId))
            until = promises.AddOrUpdate(
                accountId,
                until,
                (_, before) => before > now && before < until ? before : until
            );
        return (int)Math.Ceiling((until - now).TotalSeconds);
    }
}
