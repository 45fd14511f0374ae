using Dapper;
using Npgsql;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.Jobs;

/// <summary>What the modules want done every minute.</summary>
internal sealed record UpkeepTasks(Func<NpgsqlConnection, Task>[] All);

/// <summary>Keeps the house clean: sweeps forsaken objects and forgets jobs that were done long ago. Any number of workers may do so at once.</summary>
internal sealed partial class Upkeep(PostgresSource postgres, StorageClaims claims, UpkeepTasks tasks, Health.Readiness readiness, ILogger<Upkeep> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(60), DoneJobsKept = TimeSpan.FromDays(7);
    private const int ForgetBatchMax = 1000;

    protected override async Task ExecuteAsync(CancellationToken stopping)
    {
        await readiness.WhenReady(stopping);
        using var timer = new PeriodicTimer(Every);
        do
        {
            try
            {
                await Once(stopping);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogPutOff(e.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stopping));
    }

    internal async Task Once(CancellationToken ct)
    {
        while (await claims.Sweep(ct) > 0) ct.ThrowIfCancellationRequested();
        await using var db = await postgres.OpenConnectionAsync(ct);
        await db.ExecuteAsync("delete from job where id in (select id from job where state in ('done', 'cancelled') and finished_at < now() - @kept limit @max)",
            new { kept = DoneJobsKept, max = ForgetBatchMax });
        // Past the advantage of newcomers it is the same to have no lane.
        await db.ExecuteAsync("""
            delete from job_lane where (kind, owner_id) in
              (select kind, owner_id from job_lane where due_at is null and running = 0 and turn_at < now() - interval '10 minutes' limit @max for update skip locked)
            """, new { max = ForgetBatchMax });
        foreach (var task in tasks.All) await task(db);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Upkeep was put off: {Reason}")]
    private partial void LogPutOff(string reason);
}
