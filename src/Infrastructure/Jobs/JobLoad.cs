using Dapper;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.Jobs;

/// <summary>
/// How much of a kind waits, by owners' lanes, and how fast it goes: <see cref="Pace"/> is what the last hundred jobs
/// took in proportion to what was thought.
/// </summary>
internal sealed record JobLoad(long Queued, long QueuedWorkMs, int Running, int Owners, double Pace)
{
    /// <summary>
    /// How long what waits now will take. While jobs wait, as many run as can: their number is that of the slots that
    /// work.
    /// </summary>
    internal TimeSpan Wait => TimeSpan.FromMilliseconds(QueuedWorkMs * Pace / Math.Max(1, Running));

    /// <summary>How long it takes until one owner among these is served once more.</summary>
    internal TimeSpan Turn => Queued == 0 ? TimeSpan.Zero : Wait / Queued * Math.Max(1, Owners);

    internal static async Task<JobLoad> Of(PostgresSource postgres, string kind, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await db.QuerySingleAsync<JobLoad>(
            """
            select coalesce(sum(queued), 0)::bigint as queued,
              coalesce(sum(queued_work_ms), 0)::bigint as queued_work_ms, coalesce(sum(running), 0)::int as running,
                   count(*) filter (where queued > 0)::int as owners,
                   coalesce((select sum(extract(epoch from finished_at - started_at)) * 1000 / sum(work_ms)
                               from (select finished_at, started_at, work_ms from job where kind = @kind
                                 and state = 'done' order by finished_at desc limit 100) last
                              where work_ms > 0), 1)::float8 as pace
              from job_lane where kind = @kind
            """,
            new { kind }
        );
    }
}
