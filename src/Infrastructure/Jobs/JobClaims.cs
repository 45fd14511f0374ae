using Dapper;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.Jobs;

/// <summary>
/// Who is next. The owner with the fewest running jobs, then whose turn was longest ago, the work of the next job
/// counted in; of that owner the most urgent, then the one that would be ready first. What belongs to nobody, and
/// suspects, stand apart and go before.
/// </summary>
[HotRead]
internal sealed class JobClaims(PostgresSource postgres, string[] kinds)
{
    /// <summary>
    /// Claims go one at a time over all workers, or two would take the same owner's turn. The lock ends with the batch
    /// on the server's side, so a client that is stopped in the middle holds up nobody.
    /// </summary>
    private const string OneAtATime = "do 'begin perform pg_advisory_xact_lock(845100270); end';";

    private int nextKind;

    internal sealed record Claimed(
        Guid Id,
        string Kind,
        string Payload,
        int Attempts,
        long Fence,
        int Losses,
        bool IsCancelled
    );

    /// <summary>
    /// The next due job of any kind, in turn, so that no kind waits for another. A suspect is a job that a worker was
    /// lost over. One in a sequence waits for those before it.
    /// </summary>
    internal async Task<JobRun?> Next(bool takesSuspects, Func<string, bool> isFull, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        for (var i = 0; i < kinds.Length; i++)
        {
            var kind = kinds[nextKind];
            nextKind = (nextKind + 1) % kinds.Length;
            if (isFull(kind))
                continue;
            var row = await db.QueryFirstOrDefaultAsync<Claimed>(
                OneAtATime
                    + """
                    with apart as (
                      select id from job
                       where kind = @kind and state = 'queued' and (owner_id is null or losses > 0) and run_at <= now()
                         and (losses = 0 or @takesSuspects)
                         and (sequence is null or is_cancelled or not exists (select 1 from job before
                           where before.kind = @kind and before.subject_id = job.subject_id
                             and before.sequence < job.sequence
                             and before.sequence is not null and before.state in ('queued', 'running')))
                       order by priority desc, run_at, id limit 1 for update skip locked
                    ), lane as (
                      select owner_id from job_lane
                       where kind = @kind and due_at <= now() and not exists (select 1 from apart)
                       order by running, rank_at limit 1 for update skip locked
                    ), fair as (
                      select id from job
                       where kind = @kind and owner_id = (select owner_id from lane) and state = 'queued'
                         and owner_id is not null and losses = 0 and run_at <= now()
                       order by priority desc, ready_by, id limit 1 for update skip locked
                    )
                    update job set state = 'running', fence = fence + 1, attempts = attempts + 1, started_at = now(),
                      lease_until = now() + @lease
                     where id = (select id from apart union all select id from fair limit 1)
                    returning id, kind, payload::text, attempts, fence, losses, is_cancelled
                    """,
                new
                {
                    kind,
                    takesSuspects,
                    lease = JobWorker.Lease,
                }
            );
            if (row is not null)
                return new JobRun(row.Id, row.Kind, row.Payload, row.Attempts, row.Fence)
                {
                    IsSuspect = row.Losses > 0,
                    IsCancelled = row.IsCancelled,
                };
        }

        return null;
    }

    /// <summary>
    /// Queues again what the workers hold whose leases ran out. A lease is by the clock of the database, the only one
    /// that all share.
    /// </summary>
    internal async Task FreeLost(CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await db.ExecuteAsync(
            OneAtATime
                + """
                update job set state = 'queued', run_at = now(), lease_until = null, losses = losses + 1
                 where id in (select id from job where state = 'running' and lease_until < now() order by lease_until
                   limit @max for update skip locked)
                """,
            new { max = FreedBatchMax }
        );
    }

    private const int FreedBatchMax = 1000;
}
