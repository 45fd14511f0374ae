using System.Threading.Channels;
using Dapper;
using Npgsql;

namespace Veza.Infrastructure.Jobs;

/// <summary>
/// Takes due jobs one by one, as many at once as configured. Woken by NOTIFY; a slow tick catches what a lost connection missed, retries that fell
/// due, and leases that ran out.
/// </summary>
internal sealed partial class JobWorker(
    NpgsqlDataSource postgres, JobKind[] kinds, IServiceProvider services, int concurrency, Health.Readiness readiness, ILogger<JobWorker> log) : BackgroundService
{
    /// <summary>Brief jobs wait for other servers rather than work, so their number does not depend on the processors.</summary>
    internal const int BriefConcurrency = 4;

    internal static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(5);
    private readonly JobOutcomes outcomes = new(postgres);
    private readonly Channel<bool> wakes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly SemaphoreSlim slots = new(concurrency);

    internal sealed record Claimed(Guid Id, string Kind, string Payload, int Attempts, int AttemptsMax, long Fence);

    protected override async Task ExecuteAsync(CancellationToken stopping)
    {
        await readiness.WhenReady(stopping);
        var listening = Listen(stopping);
        var running = new List<Task>();
        using var tick = new PeriodicTimer(Tick);
        var ticking = Wake(tick, stopping);
        while (!stopping.IsCancellationRequested)
        {
            await slots.WaitAsync(stopping);
            JobRun? run = null;
            try
            {
                run = await Claim(stopping);
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException)
            {
                LogUnreachable(e.Message);
            }
            finally
            {
                // Also when the claim was cancelled: the end waits until every slot is free.
                if (run is null) slots.Release();
            }

            if (run is null)
            {
                await wakes.Reader.ReadAsync(stopping);
                continue;
            }

            running.RemoveAll(task => task.IsCompleted);
            running.Add(RunOne(run, stopping));
        }

        await Task.WhenAll([.. running, listening, ticking]);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        // Every job that was cut short has been put back by the time its slot is free.
        for (var i = 0; i < concurrency; i++) await slots.WaitAsync(cancellationToken);
    }

    internal async Task<JobRun?> Claim(CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        foreach (var kind in kinds)
        {
            var row = await db.QueryFirstOrDefaultAsync<Claimed>("""
                update job set state = 'running', fence = fence + 1, attempts = attempts + 1, lease_until = now() + @lease
                 where id = (select id from job where state = 'queued' and kind = @kind and run_at <= now()
                              order by priority desc, run_at, id limit 1 for update skip locked)
                returning id, kind, payload::text, attempts, attempts_max, fence
                """, new { kind = kind.Name, lease = Lease });
            if (row is not null) return new JobRun(row.Id, row.Kind, row.Payload, row.Attempts, row.AttemptsMax, row.Fence);
        }

        return null;
    }

    internal async Task RunOne(JobRun run, CancellationToken stopping)
    {
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var heart = new JobHeartbeat(postgres, log).Beat(run, cut);
        var job = kinds.Single(k => k.Name == run.Kind).Create(services);
        try
        {
            // A job whose worker died as often as it may be tried is poison: it is buried without another try.
            if (run.Attempts > run.AttemptsMax) await outcomes.Bury(run, job, "Its workers were lost each time.");
            else await Try(run, job, cut.Token, stopping);
        }
        catch (Exception e)
        {
            // The database is away: the lease runs out, and whoever finds the job then goes on with it.
            LogLeft(run.Kind, run.Id, e.Message);
        }
        finally
        {
            await cut.CancelAsync();
            await heart;
            slots.Release();
        }
    }

    private async Task Try(JobRun run, IJob job, CancellationToken ct, CancellationToken stopping)
    {
        try
        {
            await job.Run(run, ct);
            if (!run.Completed) await outcomes.Complete(run);
        }
        catch (LeaseLostException e)
        {
            LogLeft(run.Kind, run.Id, e.Message);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await outcomes.PutBack(run);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            LogLeft(run.Kind, run.Id, "its lease was lost");
        }
        catch (Exception e)
        {
            LogFailed(e, run.Kind, run.Id, run.Attempts);
            if (run.Attempts >= run.AttemptsMax || e is IHopeless) await outcomes.Bury(run, job, e.Message);
            else await outcomes.Retry(run, e.Message);
        }
    }

    private async Task Listen(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await using var db = await postgres.OpenConnectionAsync(stopping);
                db.Notification += (_, _) => wakes.Writer.TryWrite(true);
                await using (var listen = new NpgsqlCommand($"listen {JobQueue.Channel}", db)) await listen.ExecuteNonQueryAsync(stopping);
                wakes.Writer.TryWrite(true);
                while (true) await db.WaitAsync(stopping);
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException)
            {
                LogUnreachable(e.Message);
                await Task.Delay(Tick, stopping);
            }
        }
    }

    private async Task Wake(PeriodicTimer tick, CancellationToken stopping)
    {
        while (await tick.WaitForNextTickAsync(stopping))
        {
            try
            {
                await using var db = await postgres.OpenConnectionAsync(stopping);
                await db.ExecuteAsync("update job set state = 'queued', run_at = now(), lease_until = null where state = 'running' and lease_until < now()");
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException)
            {
                LogUnreachable(e.Message);
            }

            wakes.Writer.TryWrite(true);
        }
    }

    public override void Dispose()
    {
        slots.Dispose();
        base.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Jobs wait, the database does not answer: {Reason}")]
    private partial void LogUnreachable(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {Kind} {Id} is left to another worker: {Reason}")]
    private partial void LogLeft(string kind, Guid id, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {Kind} {Id} failed at try {Attempt}")]
    private partial void LogFailed(Exception error, string kind, Guid id, int attempt);
}
