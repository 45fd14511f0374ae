using Dapper;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Texts;

namespace Veza.Infrastructure.Jobs;

/// <summary>How a try at a job may end. Every write is fenced: whoever lost the lease changes nothing.</summary>
internal sealed class JobOutcomes(PostgresSource postgres)
{
    private static readonly TimeSpan RetryFirst = TimeSpan.FromSeconds(5),
        RetryMax = TimeSpan.FromMinutes(15);
    private const int ErrorCharsMax = 2000;

    internal async Task Complete(JobRun run)
    {
        await using var db = await postgres.OpenConnectionAsync(CancellationToken.None);
        await using var transaction = await db.BeginTransactionAsync();
        await run.Complete(db, transaction);
        await transaction.CommitAsync();
    }

    /// <summary>Without a job that could be begun nobody is told; an operator sees it among the dead.</summary>
    internal async Task Bury(JobRun run, IJob? job, string error)
    {
        await using var db = await postgres.OpenConnectionAsync(CancellationToken.None);
        await using var transaction = await db.BeginTransactionAsync();
        // The subject's row before the job's: that is the order of everybody.
        if (job is not null)
            await job.GiveUp(run, db, transaction);
        await run.Guard(db, transaction);
        await db.ExecuteAsync(
            """
            update job set state = 'dead', finished_at = now(), lease_until = null, last_error = @error where id = @Id
            """,
            new { run.Id, error = Short(error) },
            transaction
        );
        await transaction.CommitAsync();
    }

    internal async Task Retry(JobRun run, string error)
    {
        var wait = TimeSpan.FromTicks(Math.Min(RetryMax.Ticks, RetryFirst.Ticks << Math.Min(run.Attempts - 1, 20)));
        var jittered = wait * (0.75 + Random.Shared.NextDouble() / 2);
        await using var db = await postgres.OpenConnectionAsync(CancellationToken.None);
        await db.ExecuteAsync(
            """
            update job set state = 'queued', run_at = now() + @jittered,
              ready_by = now() + @jittered + interval '1 millisecond' * work_ms, lease_until = null, last_error = @error
             where id = @Id and fence = @Fence and state = 'running'
            """,
            new
            {
                run.Id,
                run.Fence,
                jittered,
                error = Short(error),
            }
        );
    }

    /// <summary>This process stops: the try does not count, and another worker may begin at once.</summary>
    internal async Task PutBack(JobRun run)
    {
        await using var db = await postgres.OpenConnectionAsync(CancellationToken.None);
        await db.ExecuteAsync(
            """
            with back as (
              update job set state = 'queued', attempts = attempts - 1, run_at = now(), lease_until = null
               where id = @Id and fence = @Fence and state = 'running' returning kind
            )
            select pg_notify('veza_job', kind) from back
            """,
            new { run.Id, run.Fence }
        );
    }

    /// <summary>There was no room for it: the try does not count. False when it has waited for too long.</summary>
    internal async Task<bool> Postpone(JobRun run, JobPostponedException postponed)
    {
        await using var db = await postgres.OpenConnectionAsync(CancellationToken.None);
        return await db.ExecuteAsync(
                """
                update job set state = 'queued', attempts = attempts - 1, run_at = now() + @Wait,
                  ready_by = now() + @Wait + interval '1 millisecond' * work_ms, lease_until = null, last_error = @error
                 where id = @Id and fence = @Fence and state = 'running' and created_at > now() - @WaitMax
                """,
                new
                {
                    run.Id,
                    run.Fence,
                    postponed.Wait,
                    JobPostponedException.WaitMax,
                    error = Short(postponed.Message),
                }
            ) == 1;
    }

    private static string Short(string error) => TextCut.OfRecord(error, ErrorCharsMax);
}
