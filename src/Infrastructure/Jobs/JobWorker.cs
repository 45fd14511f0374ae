using System.Collections.Concurrent;
using System.Threading.Channels;
using Npgsql;
using Veza.Infrastructure.Loops;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.Jobs;

/// <summary>
/// Takes due jobs one by one, as many at once as configured. Woken by NOTIFY; a slow tick catches what a lost
/// connection missed, retries that fell due, and leases that ran out. Of jobs that workers were lost over it runs one
/// at a time, so that poison takes nobody along twice.
/// </summary>
internal sealed partial class JobWorker(
    PostgresSource postgres,
    JobKind[] kinds,
    IServiceProvider services,
    JobLimits limits,
    Health.Readiness readiness,
    TimeProvider clock,
    ILogger<JobWorker> log
) : BackgroundService
{
    internal static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(5),
        RestAfterFailure = TimeSpan.FromSeconds(1),
        CreatedAgainAfter = TimeSpan.FromMinutes(1);
    private readonly JobClaims claims = new(postgres, [.. kinds.Select(kind => kind.Name)]);
    private readonly JobOutcomes outcomes = new(postgres);
    private readonly Channel<bool> wakes = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );
    private readonly SemaphoreSlim slots = new(limits.Concurrency);
    private readonly ConcurrentDictionary<Guid, CancellationTokenSource> running = new();
    private readonly ConcurrentDictionary<string, int> runningOf = new();
    private int suspects;

    /// <summary>
    /// When the process is told to stop. <see cref="StopAsync"/> comes only after the last client has gone, perhaps
    /// when the time is over: a job that went on until then would lose a try, and stand apart as if its worker had died
    /// of it.
    /// </summary>
    internal CancellationToken Leaving { get; init; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, Leaving);
        var stopping = over.Token;
        await readiness.WhenReady(stopping);
        await Task.WhenAll(
            Loop.Run("Listening for jobs", log, Listen, RestAfterFailure, clock, stopping),
            Loop.Every(Tick, "Looking for lost jobs", log, FreeLost, clock, stopping, atOnce: true),
            Loop.Run("Taking a job", log, TakeNext, RestAfterFailure, clock, stopping)
        );
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            // Every job that was cut short has been put back by the time its slot is free. The time may be over
            // already: others came first.
            for (var i = 0; i < limits.Concurrency; i++)
                if (!TakeFree())
                    await slots.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // What is thrown here would end the process by a fault.
            LogUnended();
        }
    }

    private bool TakeFree() => slots.Wait(0);

    internal Task<JobRun?> Claim(CancellationToken ct) =>
        claims.Next(
            takesSuspects: Volatile.Read(ref suspects) == 0,
            isFull: kind => runningOf.GetValueOrDefault(kind) >= limits.OfOneKind,
            ct
        );

    /// <summary>
    /// One more, or a wait until there may be one. The job runs beside the loop, and its slot is free when it is over.
    /// </summary>
    private async Task TakeNext(CancellationToken stopping)
    {
        await slots.WaitAsync(stopping);
        JobRun? run = null;
        try
        {
            run = await Claim(stopping);
        }
        finally
        {
            // Also when the claim failed or was cancelled: the end waits until every slot is free.
            if (run is null)
                slots.Release();
        }

        if (run is null)
            await wakes.Reader.ReadAsync(stopping);
        else
            _ = RunOne(run, stopping);
    }

    /// <summary>Never throws: whoever starts it looks at it no more.</summary>
    internal async Task RunOne(JobRun run, CancellationToken stopping)
    {
        if (run.IsSuspect)
            Interlocked.Increment(ref suspects);
        runningOf.AddOrUpdate(run.Kind, 1, (_, others) => others + 1);
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        running[run.Id] = cut;
        var heart = new JobHeartbeat(postgres, clock, log).Beat(run, cut);
        // The database is away, or the lease is another's: whoever finds the job then goes on with it.
        await Loop.Attempt("Ending a job", log, _ => RunOne(run, cut.Token, stopping), CancellationToken.None);
        running.TryRemove(KeyValuePair.Create(run.Id, cut));
        await Loop.Attempt("Cutting what is left of a job", log, _ => cut.CancelAsync(), CancellationToken.None);
        await heart;
        // Those that stood apart may have waited for this one.
        if (run.IsSuspect && Interlocked.Decrement(ref suspects) == 0)
            wakes.Writer.TryWrite(true);
        // Others of its kind, or its subject, may have waited while there were free slots.
        runningOf.AddOrUpdate(run.Kind, 0, (_, all) => all - 1);
        if (limits.OfOneKind is not null)
            wakes.Writer.TryWrite(true);
        slots.Release();
    }

    private async Task RunOne(JobRun run, CancellationToken ct, CancellationToken stopping)
    {
        JobKind kind;
        IJob job;
        try
        {
            kind = kinds.Single(k => k.Name == run.Kind);
            job = kind.Create(services);
        }
        catch (Exception e)
        {
            // That is this process's fault and not the job's: it loses no try, and another worker may have what this
            // one lacks.
            LogFailed(e, run.Kind, run.Id, run.Attempts);
            if (
                !await outcomes.Postpone(
                    run,
                    new JobPostponedException($"It could not be begun: {e.Message}", CreatedAgainAfter)
                )
            )
                await outcomes.Bury(run, null, e.Message);
            return;
        }

        // A job whose worker died as often as it may be tried is poison: it is buried without another try.
        if (run.IsCancelled)
            await outcomes.Bury(run, job, "An operator cancelled it.");
        else if (run.Attempts > kind.AttemptsMax)
            await outcomes.Bury(run, job, "Its workers were lost each time.");
        else
            await Try(run, kind, job, ct, stopping);
    }

    private async Task Try(JobRun run, JobKind kind, IJob job, CancellationToken ct, CancellationToken stopping)
    {
        using var wall = CancellationTokenSource.CreateLinkedTokenSource(ct);
        wall.CancelAfter(limits.WallMax);
        try
        {
            await job.Run(run, wall.Token);
            if (!run.Completed)
                await outcomes.Complete(run);
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
            if (!await outcomes.Postpone(run, e))
                await outcomes.Bury(run, job, e.Message);
        }
        catch (Exception e)
        {
            var error =
                e is OperationCanceledException && wall.IsCancellationRequested
                    ? $"It took longer than {limits.WallMax.TotalSeconds:0} s."
                    : e.Message;
            LogFailed(e, run.Kind, run.Id, run.Attempts);
            if (run.Attempts >= kind.AttemptsMax || e is IHopeless)
                await outcomes.Bury(run, job, error);
            else
                await outcomes.Retry(run, error);
        }
    }

    private async Task Listen(CancellationToken stopping)
    {
        await using var db = await postgres.OpenListenerAsync(stopping);
        db.Notification += (_, told) => Hear(told);
        await using (var listen = new NpgsqlCommand($"listen {JobQueue.Channel}; listen {JobQueue.CancelChannel}", db))
            await listen.ExecuteNonQueryAsync(CancellationToken.None);
        wakes.Writer.TryWrite(true);
        while (true)
            await db.WaitAsync(stopping);
    }

    /// <summary>Also when that fails, the others look whether something is due.</summary>
    private async Task FreeLost(CancellationToken stopping)
    {
        try
        {
            await claims.FreeLost(stopping);
        }
        finally
        {
            wakes.Writer.TryWrite(true);
        }
    }

    /// <summary>A cancellation that is not heard is seen by the next heartbeat.</summary>
    private void Hear(NpgsqlNotificationEventArgs told)
    {
        if (told.Channel == JobQueue.Channel)
            wakes.Writer.TryWrite(true);
        else if (Guid.TryParse(told.Payload, out var id) && running.TryGetValue(id, out var cut))
            _ = Cut(cut);
    }

    private async Task Cut(CancellationTokenSource cut)
    {
        try
        {
            await cut.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself in this moment.
        }
        catch (Exception e)
        {
            Loop.Failed("Cutting a job", log, e);
        }
    }

    public override void Dispose()
    {
        slots.Dispose();
        base.Dispose();
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The time to stop is over and not every job has ended: their leases run out"
    )]
    private partial void LogUnended();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {Kind} {Id} is left: {Reason}")]
    private partial void LogLeft(string kind, Guid id, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {Kind} {Id} waits: {Reason}")]
    private partial void LogPostponed(string kind, Guid id, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {Kind} {Id} failed at try {Attempt}")]
    private partial void LogFailed(Exception error, string kind, Guid id, int attempt);
}
