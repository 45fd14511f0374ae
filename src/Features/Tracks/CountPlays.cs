using Dapper;
using Npgsql;
using Veza.Features.Tracks.Discovery;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Postgres;
using PlaysEvents = Veza.Features.Plays.PlaysEvents;

namespace Veza.Features.Tracks;

/// <summary>
/// Listener: brings tracks' number of plays, and their heat, to what was counted. It takes totals over instead of
/// adding, so any number of runs, in any order, comes to the same; what the number grew by is what warms the track.
/// </summary>
internal sealed class CountPlays(PostgresSource postgres, TimeProvider clock) : IJob
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
              select t.id, p.plays, p.plays - t.play_count as more from track t join play_total p on p.track_id = t.id
               where t.id = any(@tracks) and p.plays > t.play_count order by t.id for no key update of t
            ), told as (
              update track t set play_count = g.plays from grown g where t.id = g.id and t.play_count < g.plays
            )
            insert into track_trend as h (track_id, heat) select g.id, @halfLives + log(2, g.more)::double precision
              from grown g order by g.id
            on conflict (track_id) do update
               set heat = greatest(h.heat,
                 excluded.heat) + ln(1 + power(2::double precision,
                 -least(abs(h.heat - excluded.heat), 60))) / ln(2::double precision)
            """,
            new { tracks = new PgValue<Guid[]>(tracks), halfLives = Trend.HalfLivesAt(clock.GetUtcNow()) },
            transaction
        );
        await run.Complete(db, transaction);
        await transaction.CommitAsync(CancellationToken.None);
    }

    /// <summary>The next play that is counted brings the number up to date.</summary>
    public Task GiveUp(JobRun run, NpgsqlConnection db, NpgsqlTransaction transaction) => Task.CompletedTask;
}
