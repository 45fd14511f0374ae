using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Events;
using Veza.Infrastructure.Loops;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.Jobs;

/// <summary>
/// Something that a module wants done every minute, on a connection of its own. Any number of workers may do so at
/// once.
/// </summary>
internal sealed record UpkeepTask(string Name, Func<NpgsqlConnection, DateTime, Task> Run)
{
    internal UpkeepTask(string name, Func<NpgsqlConnection, Task> run)
        : this(name, (db, _) => run(db)) { }

    /// <summary>Named as it is written.</summary>
    internal static UpkeepTask Of(
        Func<NpgsqlConnection, Task> run,
        [CallerArgumentExpression(nameof(run))] string name = ""
    ) => new(name, run);

    /// <summary>As above, for what is told the time.</summary>
    internal static UpkeepTask Of(
        Func<NpgsqlConnection, DateTime, Task> run,
        [CallerArgumentExpression(nameof(run))] string name = ""
    ) => new(name, run);
}

/// <summary>What the modules want done every minute.</summary>
internal sealed record UpkeepTasks(UpkeepTask[] All);

/// <summary>
/// Keeps the house clean: does what the modules want, forgets jobs that were done long ago and sweeps forsaken objects.
/// Each task stands alone: one that fails, or hangs, keeps none of the others from being done. Any number of workers
/// may do so at once.
/// </summary>
internal sealed class Upkeep(
    PostgresSource postgres,
    StorageClaims claims,
    UpkeepTasks tasks,
    Health.Readiness readiness,
    TimeProvider clock,
    ILogger<Upkeep> log
) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(60),
        DoneJobsKept = TimeSpan.FromDays(7);

    /// <summary>How far an owner who comes anew goes ahead of others; job_lane_follow gives it.</summary>
    internal static readonly TimeSpan NewcomersAdvantage = TimeSpan.FromMinutes(10);

    private const int ForgetBatchMax = 1000;
    private readonly ConcurrentDictionary<string, Task> underWay = new();

    /// <summary>A task that takes longer goes on by itself, and the others are not kept waiting.</summary>
    internal TimeSpan TaskMax { get; init; } = TimeSpan.FromMinutes(2);

    protected override async Task ExecuteAsync(CancellationToken stopping)
    {
        await readiness.WhenReady(stopping);
        await Loop.Every(Every, "Upkeep", log, Once, clock, stopping, atOnce: true);
    }

    /// <summary>What waits for another server comes last.</summary>
    internal async Task Once(CancellationToken ct)
    {
        UpkeepTask[] own = [UpkeepTask.Of(ForgetJobs), UpkeepTask.Of(ForgetLanes), UpkeepTask.Of(EventDays.Keep)];
        foreach (var task in tasks.All.Concat(own))
            await Do(task.Name, token => RunOne(task, token), ct);
        await Do(nameof(Sweep), Sweep, ct);
    }

    private async Task Do(string name, Func<CancellationToken, Task> work, CancellationToken ct)
    {
        var task = $"Upkeep: {name}";
        if (!underWay.TryGetValue(name, out var before) || before.IsCompleted)
            underWay[name] = Loop.Attempt(task, log, work, ct);
        await Loop.Attempt(task, log, _ => underWay[name].WaitAsync(TaskMax, ct), ct);
    }

    private async Task RunOne(UpkeepTask task, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await task.Run(db, clock.GetUtcNow().UtcDateTime);
    }

    private async Task Sweep(CancellationToken ct)
    {
        while (await claims.Sweep(ct) > 0)
            ct.ThrowIfCancellationRequested();
    }

    private static Task ForgetJobs(NpgsqlConnection db) =>
        db.ExecuteAsync(
            """
            delete from job where id in (select id from job where state in ('done', 'cancelled')
              and finished_at < now() - @kept limit @max)
            """,
            new { kept = DoneJobsKept, max = ForgetBatchMax }
        );

    /// <summary>Past the advantage of newcomers it is the same to have no lane.</summary>
    private static Task ForgetLanes(NpgsqlConnection db) =>
        db.ExecuteAsync(
            """
            delete from job_lane where (kind, owner_id) in
              (select kind, owner_id from job_lane where due_at is null and running = 0
                and turn_at < now() - @advantage limit @max for update skip locked)
            """,
            new { advantage = NewcomersAdvantage, max = ForgetBatchMax }
        );
}
