using System.Collections.Concurrent;
using System.Threading.Channels;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.Jobs;

/// <summary>
/// Takes due jobs one by one, as many at once as configured. Woken by NOTIFY; a slow tick catches what a lost connection missed, retries that fell
/// due, and leases that ran out. Of jobs that workers were lost over it runs one at a time, so that poison takes nobody along twice.
/// </summary>
internal sealed partial class JobWorker(
    PostgresSource postgres, JobKind[] kinds, IServiceProvider services, JobLimits limits, Health.Readiness readiness, ILogger<JobWorker> log) : BackgroundService
{
    internal static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(5);
    private readonly JobClaims claims = new(postgres, [.. kinds.Select(kind => kind.Name)]);
    private readonly JobOutcomes outcomes = new(postgres);
    private readonly Channel<bool> wakes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly SemaphoreSlim slots = new(limits.Concurrency);
    private readonly ConcurrentDictionary<Guid, CancellationTokenSource> running = new();
    private int suspects;

    protected override async Task ExecuteAsync(CancellationToken stopping)
    {
        await readiness.WhenReady(stopping);
        var listening = Listen(stopping);
        var tasks = new List<Task>();
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

            tasks.RemoveAll(task => task.IsCompleted);
            tasks.Add(RunOne(run, stopping));
        }

        await Task.WhenAll([.. tasks, listening, ticking]);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        // Every job that was cut short has been put back by the time its slot is free.
        for (var i = 0; i < limits.Concurrency; i++) await slots.WaitAsync(cancellationToken);
    }

    internal Task<JobRun?> Claim(CancellationToken ct) => claims.Next(takesSuspects: Volatile.Read(ref suspects) == 0, ct);

    internal async Task RunOne(JobRun run, CancellationToken stopping)
    {
        if (run.IsSuspect) Interlocked.Increment(ref suspects);
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        running[run.Id] = cut;
        var heart = new JobHeartbeat(postgres, log).Beat(run, cut);
        var job = kinds.Single(k => k.Name == run.Kind).Create(services);
        try
        {
            // A job whose worker died as often as it may be tried is poison: it is buried without another try.
            if (run.IsCancelled) await outcomes.Bury(run, job, "An operator cancelled it.");
            else if (run.Attempts > run.AttemptsMax) await outcomes.Bury(run, job, "Its workers were lost each time.");
            else await Try(run, job, cut.Token, stopping);
        }
        catch (Exception e)
        {
            // The database is away, or the lease is another's: whoever finds the job then goes on with it.
            LogLeft(run.Kind, run.Id, e.Message);
        }
        finally
        {
            running.TryRemove(KeyValuePair.Create(run.Id, cut));
            await cut.CancelAsync();
            await heart;
            // Those that stood apart may have waited for this one.
            if (run.IsSuspect && Interlocked.Decrement(ref suspects) == 0) wakes.Writer.TryWrite(true);
            slots.Release();
        }
    }

    private async Task Try(JobRun run, IJob job, CancellationToken ct, CancellationToken stopping)
    {
        using var wall = CancellationTokenSource.CreateLinkedTokenSource(ct);
        wall.CancelAfter(limits.WallMax);
        try
        {
            await job.Run(run, wall.Token);
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
            LogLeft(run.Kind, run.Id, "it was cancelled, or its lease was lost");
        }
        catch (JobPostponedException e)
        {
            LogPostponed(run.Kind, run.Id, e.Message);
            if (!await outcomes.Postpone(run, e)) await outcomes.Bury(run, job, e.Message);
        }
        catch (Exception e)
        {
            var error = e is OperationCanceledException && wall.IsCancellationRequested ? $"It took longer than {limits.WallMax.TotalSeconds:0} s." : e.Message;
            LogFailed(e, run.Kind, run.Id, run.Attempts);
            if (run.Attempts >= run.AttemptsMax || e is IHopeless) await outcomes.Bury(run, job, error);
            else await outcomes.Retry(run, error);
        }
    }

    private async Task Listen(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await using var db = await postgres.OpenConnectionAsync(stopping);
                db.Notification += (_, told) => Hear(told);
                await using (var listen = new NpgsqlCommand($"listen {JobQueue.Channel}; listen {JobQueue.CancelChannel}", db)) await listen.ExecuteNonQueryAsync(stopping);
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

    /// <summary>A cancellation that is not heard is seen by the next heartbeat.</summary>
    private void Hear(NpgsqlNotificationEventArgs told)
    {
        if (told.Channel == JobQueue.Channel) wakes.Writer.TryWrite(true);
        else if (Guid.TryParse(told.Payload, out var id) && running.TryGetValue(id, out var cut)) _ = Cut(cut);
    }

    private static async Task Cut(CancellationTokenSource cut)
    {
        try
        {
            await cut.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself in this moment.
        }
    }

    private async Task Wake(PeriodicTimer tick, CancellationToken stopping)
    {
        do
        {
            try
            {
                await claims.FreeLost(stopping);
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException)
            {
                LogUnreachable(e.Message);
            }

            wakes.Writer.TryWrite(true);
        }
        while (await tick.WaitForNextTickAsync(stopping));
    }

    public override void Dispose()
    {
        slots.Dispose();
        base.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Jobs wait, the database does not answer: {Reason}")]
    private partial void LogUnreachable(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {Kind} {Id} is left: {Reason}")]
    private partial void LogLeft(string kind, Guid id, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {Kind} {Id} waits: {Reason}")]
    private partial void LogPostponed(string kind, Guid id, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {Kind} {Id} failed at try {Attempt}")]
    private partial void LogFailed(Exception error, string kind, Guid id, int attempt);
}

/// <summary>How many jobs at once, and how long one may take.</summary>
internal sealed record JobLimits(int Concurrency, TimeSpan WallMax)
{
    /// <summary>Brief jobs wait for other servers rather than work, so their number does not depend on the processors.</summary>
    internal static readonly JobLimits Brief = new(Concurrency: 4, WallMax: TimeSpan.FromMinutes(5));

    /// <summary>Many may hang at once.</summary>
    internal static readonly JobLimits ToStrangers = new(Concurrency: 16, WallMax: TimeSpan.FromMinutes(1));
}
