using Dapper;
using Npgsql;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Postgres;
using PlaysEvents = Veza.Features.Plays.PlaysEvents;

namespace Veza.Features.Discovery;

/// <summary>
/// Listener: warms tracks by the plays that were counted. Plays add up, so the job is complete in the transaction that
/// adds them: each event warms once, in any order.
/// </summary>
internal sealed class WarmTracks(PostgresSource postgres, TimeProvider clock) : IJob
{
    public async Task Run(JobRun run, CancellationToken ct)
    {
        var counted = PlaysEvents.Counted.Read(run);
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        // Tracks that are still there, and that stay until the commit; in order, so that two runs with tracks in common
        // wait for each other once.
        await db.ExecuteAsync(
            """
            with played as materialized (
              select t.id, c.plays from unnest(@tracks::uuid[], @plays::bigint[]) c(track_id, plays)
                join track t on t.id = c.track_id order by t.id for key share of t
            )
            insert into track_trend as h (track_id, heat) select p.id, @halfLives + log(2, p.plays)::double precision
              from played p order by p.id
            on conflict (track_id) do update
               set heat = greatest(h.heat,
                 excluded.heat) + ln(1 + power(2::double precision,
                 -least(abs(h.heat - excluded.heat), 60))) / ln(2::double precision)
            """,
            new
            {
                tracks = new PgValue<Guid[]>(counted.TrackIds),
                plays = new PgValue<long[]>(counted.Plays),
                halfLives = Trend.HalfLivesAt(clock.GetUtcNow()),
            },
            transaction
        );
        await run.Complete(db, transaction);
        await transaction.CommitAsync(CancellationToken.None);
    }

    /// <summary>A track that was not warmed is a little colder than it should be, for some days.</summary>
    public Task GiveUp(JobRun run, NpgsqlConnection db, NpgsqlTransaction transaction) => Task.CompletedTask;
}
