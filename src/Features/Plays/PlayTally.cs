using Dapper;
using Npgsql;

namespace Veza.Features.Plays;

/// <summary>
/// Adds counted plays to their totals and days, and closed ones to what their days tell. Marking and adding are one
/// transaction, so each play is added once, whoever is killed when. Several workers may begin at once: one works, the
/// others wait for it.
/// </summary>
internal static class PlayTally
{
    private const int BatchMax = 500,
        BatchesMax = 100,
        CommandTimeoutS = 30;

    internal static async Task CountNew(NpgsqlConnection db)
    {
        for (var batch = 0; batch < BatchesMax && await Count(db) == BatchMax; batch++) { }
    }

    internal static async Task CloseDue(NpgsqlConnection db, DateTime now)
    {
        for (var batch = 0; batch < BatchesMax && await Close(db, now) == BatchMax; batch++) { }
    }

    internal sealed record Total(Guid? TrackId, long Plays, long Taken);

    /// <summary>
    /// A track that is gone meanwhile has no totals any more. The event that tells others is in the transaction.
    /// </summary>
    private static async Task<long> Count(NpgsqlConnection db)
    {
        await using var transaction = await Begin(db);
        var rows = await db.QueryAsync<Total>(
            """
            with taken as (
              update play set is_tallied = true
                where id in (select id from play where verdict = 'counted' and not is_tallied order by id
                limit @BatchMax)
              returning track_id, (begun_at at time zone 'UTC')::date as day, is_new_listener,
                source || coalesce(':' || source_id, '') as source, country
            ), alive as (
              select p.track_id, p.day, p.is_new_listener, p.source, p.country from taken p
                join track t on t.id = p.track_id
            ), days as (
              insert into play_day as d (track_id, day, plays, listeners)
              select track_id, day, count(*), count(*) filter (where is_new_listener) from alive group by track_id, day
              on conflict (track_id, day) do update
                set plays = d.plays + excluded.plays, listeners = d.listeners + excluded.listeners
            ), parts as (
              insert into play_day_part as d (track_id, day, part, name, plays)
              select a.track_id, a.day, n.part, n.name, count(*)
                from alive a, lateral (values ('source', a.source), ('country', a.country)) n(part, name)
               where n.name is not null group by a.track_id, a.day, n.part, n.name
              on conflict (track_id, day, part, name) do update set plays = d.plays + excluded.plays
            ), grown as (
              select track_id, count(*) as plays from alive group by track_id
            ), totals as (
              insert into play_total as p (track_id, plays) select track_id, plays from grown
              on conflict (track_id) do update set plays = p.plays + excluded.plays
            )
            select g.track_id, coalesce(g.plays, 0) as plays, n.taken
              from (select count(*) as taken from taken) n left join grown g on true
            """,
            new { BatchMax },
            transaction,
            commandTimeout: CommandTimeoutS
        );
        Total[] totals = [.. rows];
        Total[] grown = [.. totals.Where(t => t.TrackId is not null)];
        if (grown.Length > 0)
            await PlaysEvents.Counted.Write(
                db,
                transaction,
                null,
                new PlaysEvents.PlaysCounted([.. grown.Select(t => t.TrackId!.Value)], [.. grown.Select(t => t.Plays)])
            );
        await transaction.CommitAsync();
        return totals[0].Taken;
    }

    /// <summary>
    /// From here on a play says nothing of who listened. Who has a longer history than is kept loses its end.
    /// </summary>
    private static async Task<long> Close(NpgsqlConnection db, DateTime now)
    {
        await using var transaction = await Begin(db);
        var closed = await db.ExecuteScalarAsync<long>(
            """
            with due as (
              select id, account_id from play where not is_closed and closes_at <= @now order by closes_at
                limit @BatchMax for update
            ), closed as (
              update play p set is_closed = true, account_id = null, address = null, network = null,
                     verdict = coalesce(p.verdict, case when p.is_own then 'own' when p.is_bot then 'bot'
                       else 'too_short' end)
                from due d where p.id = d.id
              returning p.id, p.track_id, (p.begun_at at time zone 'UTC')::date as day, p.verdict,
                p.verdict not in ('own', 'bot') as is_person, p.listened_ms, p.heard,
                        least(99, p.position_ms * 100 / p.duration_ms)::int as left_at
            ), alive as (
              select p.id, p.track_id, p.day, p.verdict, p.is_person, p.listened_ms, p.heard, p.left_at, p.is_person
                and p.left_at < 90 as is_skip from closed p join track t on t.id = p.track_id
            ), curve as (
              select c.track_id, c.day, array_agg(c.heard order by c.i) as heard,
                array_agg(c.left_at order by c.i) as left_at
                from (select a.track_id, a.day, i,
                  (count(*) filter (where a.is_person and get_bit(a.heard, i) = 1))::int as heard,
                             (count(*) filter (where a.is_skip and a.left_at = i))::int as left_at
                        from alive a, generate_series(0, 99) i group by a.track_id, a.day, i) c
               group by c.track_id, c.day
            ), days as (
              insert into play_day as d (track_id, day, begun, people, bots, repeats, too_short, own, completed,
                listened_ms, heard, left_at)
              select a.track_id, a.day, count(*), count(*) filter (where a.is_person),
                count(*) filter (where a.verdict = 'bot'), count(*) filter (where a.verdict = 'repeat'),
                     count(*) filter (where a.verdict = 'too_short'), count(*) filter (where a.verdict = 'own'),
                       count(*) filter (where a.is_person and a.left_at >= 90),
                     coalesce(sum(a.listened_ms) filter (where a.is_person), 0), c.heard, c.left_at
                from alive a join curve c on c.track_id = a.track_id and c.day = a.day
               group by a.track_id, a.day, c.heard, c.left_at
              on conflict (track_id, day) do update
                 set begun = d.begun + excluded.begun, people = d.people + excluded.people,
                   bots = d.bots + excluded.bots, repeats = d.repeats + excluded.repeats,
                     too_short = d.too_short + excluded.too_short, own = d.own + excluded.own,
                       completed = d.completed + excluded.completed,
                     listened_ms = d.listened_ms + excluded.listened_ms, heard = play_add(d.heard, excluded.heard),
                       left_at = play_add(d.left_at, excluded.left_at)
            ), trimmed as (
              delete from track_listener l using (select distinct account_id from due where account_id is not null) a,
                lateral (select k.last_played_at from track_listener k where k.account_id = a.account_id
                  order by k.last_played_at desc offset @HistoryKeptMax limit 1) edge
               where l.account_id = a.account_id and l.last_played_at <= edge.last_played_at
            )
            select count(*) from closed
            """,
            new
            {
                now,
                BatchMax,
                PlaysLimits.HistoryKeptMax,
            },
            transaction,
            commandTimeout: CommandTimeoutS
        );
        await transaction.CommitAsync();
        return closed;
    }

    private static async Task<NpgsqlTransaction> Begin(NpgsqlConnection db)
    {
        var transaction = await db.BeginTransactionAsync();
        await db.ExecuteAsync(
            "select pg_advisory_xact_lock(hashtext('play_tally'))",
            transaction: transaction,
            commandTimeout: CommandTimeoutS
        );
        return transaction;
    }
}
