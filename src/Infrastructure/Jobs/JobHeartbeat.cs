using Dapper;
using Veza.Infrastructure.Loops;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.Jobs;

/// <summary>A job's lease, for as long as the job runs.</summary>
internal sealed class JobHeartbeat(PostgresSource postgres, TimeProvider clock, ILogger log)
{
    /// <summary>Less than a beat: one that hangs costs one beat of five.</summary>
    private const int AnswerMaxS = 5;

    /// <summary>
    /// Keeps the lease while the job runs; when it is lost, or cannot be kept for its whole length, cuts the job. Ends
    /// when the job is cut, or over.
    /// </summary>
    internal Task Beat(JobRun run, CancellationTokenSource cut)
    {
        var keptAt = clock.GetTimestamp();
        return Loop.Every(
            JobWorker.Lease / 5,
            "Keeping the lease of a job",
            log,
            async ct =>
            {
                try
                {
                    if (!await Extend(run, ct))
                        await cut.CancelAsync();
                    else
                        keptAt = clock.GetTimestamp();
                }
                finally
                {
                    if (clock.GetElapsedTime(keptAt) > JobWorker.Lease)
                        await cut.CancelAsync();
                }
            },
            clock,
            cut.Token
        );
    }

    private async Task<bool> Extend(JobRun run, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await db.ExecuteAsync(
                "update job set lease_until = now() + @lease where id = @Id and fence = @Fence and state = 'running'",
                new
                {
                    run.Id,
                    run.Fence,
                    lease = JobWorker.Lease,
                },
                commandTimeout: AnswerMaxS
            ) == 1;
    }
}
