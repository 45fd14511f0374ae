using Npgsql;
using Veza.Features.Discovery;
using Veza.Features.Plays;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Plays;

/// <summary>Counting loses and doubles nothing, whoever dies or comes twice.</summary>
public sealed class PlayTallyTests : IAsyncLifetime
{
    private const int Plays = 6_000;
    private TestEnvironment premises = null!;
    private Guid owner;

    public async ValueTask InitializeAsync()
    {
        premises = await TestEnvironment.Create();
        owner = Guid.CreateVersion7();
        await premises.Database.Execute(
            """
            insert into account (id, username, email, display_name) values ($1, 'owner', 'owner@example.org', 'Owner')
            """,
            owner
        );
    }

    public ValueTask DisposeAsync() => premises.DisposeAsync();

    /// <summary>Plays of three tracks that were counted and are due to close.</summary>
    private async Task<Guid[]> Counted(int count)
    {
        var tracks = new[]
        {
            await PlayStage.Track(premises.Database, owner, 60_000),
            await PlayStage.Track(premises.Database, owner, 60_000),
            await PlayStage.Track(premises.Database, owner, 60_000),
        };
        await premises.Database.Execute(
            """
            insert into play (id, track_id, listener, source, duration_ms, counts_after_ms, is_own, is_bot, begun_at,
              closes_at, heard_at, credited_until, listened_ms, heard, verdict)
            select uuid_at(now() - n * interval '1 ms'), ($1::uuid[])[1 + n % 3], gen_random_uuid(), 'other', 60000,
              30000, false, false, now(), now(), now(), now(), 30000, play_hundredths(0, 30000, 60000), 'counted'
              from generate_series(1, $2) n
            """,
            tracks,
            count
        );
        return tracks;
    }

    private async Task Exactly(Guid[] tracks, int each)
    {
        await Eventually.True(
            "all plays are on their tracks",
            async () => await premises.Database.Scalar<long>("select sum(play_count)::bigint from track") == each * 3
        );
        foreach (var track in tracks)
            Assert.Equal(
                $"{each} {each} {each} {each}",
                await premises.Database.Scalar<string>(
                    """
                    select concat_ws(' ', t.play_count, p.plays, sum(d.plays), sum(d.begun)) from track t
                      join play_total p on p.track_id = t.id join play_day d on d.track_id = t.id
                     where t.id = $1 group by t.play_count, p.plays
                    """,
                    track
                )
            );
    }

    /// <summary>Each event has warmed its tracks once: one that was added twice, or lost, would show.</summary>
    private async Task Warmed(Guid[] tracks, int each)
    {
        await Eventually.True(
            "all that was counted has warmed",
            async () =>
                await premises.Database.Scalar<bool>(
                    """
                    select (select count(*) from job where kind = 'warm_tracks' and state = 'done')
                      = (select count(*) from event where kind = 'plays_counted')
                    """
                )
        );
        foreach (var track in tracks)
            Assert.Equal(
                Math.Log2(each),
                await premises.Database.Scalar<double>("select heat from track_trend where track_id = $1", track)
                    - Trend.HalfLivesAt(DateTimeOffset.UtcNow),
                2
            );
    }

    [Fact]
    public async Task A_worker_that_is_killed_while_it_counts_costs_nothing()
    {
        var tracks = await Counted(Plays);
        await using var server = await VezaServer.Start(premises, ("VEZA__ROLES", "worker"));
        // In the middle of it, wherever that is.
        for (var kill = 0; kill < 2; kill++)
        {
            var before = await premises.Database.Scalar<long>(
                "select count(*) from play where is_tallied or is_closed"
            );
            await Eventually.True(
                "it has gone on",
                async () =>
                    await premises.Database.Scalar<long>("select count(*) from play where is_tallied or is_closed")
                        is var now
                    && (now > before || now == Plays)
            );
            await server.Kill();
            await server.Restart();
        }

        await Eventually.True(
            "all is closed",
            async () =>
                await premises.Database.Scalar<long>("select count(*) from play where not is_closed or not is_tallied")
                == 0
        );
        await Exactly(tracks, Plays / 3);
        await Warmed(tracks, Plays / 3);
    }

    [Fact]
    public async Task Many_that_count_at_once_and_connections_that_are_cut_count_once()
    {
        var tracks = await Counted(Plays);
        var workers = Enumerable.Range(0, 4).Select(_ => Task.Run(CountUntilDone)).ToArray();
        for (var cut = 0; cut < 10; cut++)
        {
            await premises.Database.Execute(
                """
                select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()
                  and application_name = 'veza test' and state <> 'idle'
                """
            );
            if (workers.All(worker => worker.IsCompleted))
                break;
        }

        await Task.WhenAll(workers);
        await using var server = await VezaServer.Start(premises, ("VEZA__ROLES", "worker"));
        await Exactly(tracks, Plays / 3);
        await Warmed(tracks, Plays / 3);
    }

    private Task CountUntilDone() =>
        Eventually.True(
            "all is counted",
            async () =>
            {
                try
                {
                    await using var db = await premises.Source.OpenConnectionAsync();
                    await PlayTally.CountNew(db);
                    await PlayTally.CloseDue(db, DateTime.UtcNow);
                    return true;
                }
                catch (NpgsqlException)
                {
                    // The connection was cut: as after a restart of the server, it begins again.
                    return false;
                }
            }
        );

    [Fact]
    public async Task Months_are_made_ahead_and_dropped_when_they_are_old_but_their_days_stay()
    {
        var tracks = await Counted(3);
        await using var db = await premises.Source.OpenConnectionAsync();
        await PlayTally.CountNew(db);
        await PlayTally.CloseDue(db, DateTime.UtcNow);
        await premises.Database.Execute(
            """
            create table play_2020_01 partition of play for values
              from ('01000000-0000-0000-0000-000000000000') to ('01000000-0000-0000-0000-000000000001')
            """
        );
        await PlayMonths.Keep(db);
        var months = await premises.Database.Column(
            "select relname from pg_class where relname ~ '^play_[0-9]{4}_[0-9]{2}$' order by relname"
        );
        var now = DateTime.UtcNow;
        Assert.Equal(
            [.. Enumerable.Range(0, 3).Select(n => now.AddDays(1 - now.Day).AddMonths(n).ToString("'play_'yyyy_MM"))],
            months
        );
        Assert.Equal(0, await premises.Database.Scalar<long>("select count(*) from play_rest"));
        Assert.Equal(
            3,
            await premises.Database.Scalar<long>(
                "select sum(plays)::bigint from play_day where track_id = any($1)",
                tracks
            )
        );
    }
}
