using Dapper;
using Npgsql;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.Jobs;

/// <summary>A job's lease, for as long as the job runs.</summary>
internal sealed partial class JobHeartbeat(PostgresSource postgres, ILogger log)
{
    /// <summary>Keeps the lease while the job runs; when it is lost, or cannot be kept for its whole length, cuts the job.</summary>
    internal async Task Beat(JobRun run, CancellationTokenSource cut)
    {
        var kept = System.Diagnostics.Stopwatch.StartNew();
        using var timer = new PeriodicTimer(JobWorker.Lease / 5);
        try
        {
            while (await timer.WaitForNextTickAsync(cut.Token))
            {
                try
                {
                    await using var db = await postgres.OpenConnectionAsync(cut.Token);
                    var rows = await db.ExecuteAsync("update job set lease_until = now() + @lease where id = @Id and fence = @Fence and state = 'running'",
                        new { run.Id, run.Fence, lease = JobWorker.Lease });
                    if (rows == 1) kept.Restart();
                    else await cut.CancelAsync();
                }
                catch (Exception e) when (e is NpgsqlException or TimeoutException)
                {
                    LogMissed(run.Id, e.Message);
                    if (kept.Elapsed > JobWorker.Lease) await cut.CancelAsync();
                }
            }
        }
        catch (OperationCanceledException) when (cut.IsCancellationRequested)
        {
            // The job is over.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The lease of job {Id} could not be extended yet: {Reason}")]
    private partial void LogMissed(Guid id, string reason);
}
