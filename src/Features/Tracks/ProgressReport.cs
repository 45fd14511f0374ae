using Dapper;
using Npgsql;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Tracks;

/// <summary>
/// Writes a job's progress to its track, at most once in a while, and only while the job's lease is held. The encoder
/// never waits for it.
/// </summary>
internal sealed class ProgressReport(
    PostgresSource postgres,
    TimeProvider clock,
    JobRun run,
    Guid trackId,
    TimeSpan every
) : IDisposable
{
    private readonly Lock gate = new();
    private Task writing = Task.CompletedTask;
    private long writtenAt;
    private bool ended;

    /// <summary>0 to 1, from any thread.</summary>
    internal void Reached(double share)
    {
        lock (gate)
        {
            if (ended || !writing.IsCompleted || clock.GetElapsedTime(writtenAt) < every)
                return;
            writtenAt = clock.GetTimestamp();
            writing = Write((short)(share * 100));
        }
    }

    public void Dispose()
    {
        lock (gate)
            ended = true;
    }

    private async Task Write(short progress)
    {
        try
        {
            await using var db = await postgres.OpenConnectionAsync();
            await db.ExecuteAsync(
                """
                update track set progress = @progress
                 where id = @trackId and status = 'processing' and progress < @progress
                   and exists (select 1 from job where id = @Id and fence = @Fence and state = 'running')
                """,
                new
                {
                    trackId,
                    progress = (int)progress,
                    run.Id,
                    run.Fence,
                }
            );
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            // Progress is a courtesy: the next step tells it again.
        }
    }
}
