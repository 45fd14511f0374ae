using Dapper;
using Npgsql;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Postgres;
using PlaysEvents = Veza.Features.Plays.PlaysEvents;

namespace Veza.Features.Tracks;

/// <summary>
/// Listener: brings tracks' number of plays to what was counted. It takes totals over instead of adding, so any number
/// of runs, in any order, comes to the same.
/// </summary>
internal sealed class CountPlays(PostgresSource postgres) : IJob
{
    public async Task Run(JobRun run, CancellationToken ct)
    {
        var tracks = PlaysEvents.Counted.Read(run).TrackIds;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        // Locked in order, so that two runs with tracks in common wait for each other once. A total only grows: one
        // that was read too early changes nothing.
        await db.ExecuteAsync(
            """
            with grown as materialized (
              select t.id, p.plays from track t join play_total p on p.track_id = t.id
               where t.id = any(@tracks) and p.plays > t.play_count order by t.id for no key update of t
            )
            update track t set play_count = g.plays from grown g where t.id = g.id and t.play_count < g.plays
            """,
            new { tracks = new PgValue<Guid[]>(tracks) },
            transaction
        );
        await run.Complete(db, transaction);
        await transaction.CommitAsync(CancellationToken.None);
    }

    /// <summary>The next play that is counted brings the number up to date.</summary>
    public Task GiveUp(JobRun run, NpgsqlConnection db, NpgsqlTransaction transaction) => Task.CompletedTask;
}
