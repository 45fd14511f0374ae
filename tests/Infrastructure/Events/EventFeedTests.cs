using Veza.Infrastructure.Events;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Events;

/// <summary>From the feed to the listeners: what was committed is given, each once, whoever commits when.</summary>
public sealed class EventFeedTests : EventStage
{
    [Fact]
    public async Task What_is_committed_later_under_a_smaller_number_is_not_passed_over()
    {
        var dispatcher = await Subscribed(Listener("one"));
        await using var first = await Open();
        await first.Write(1);
        await Write(2);
        await dispatcher.DispatchAll(None);
        Assert.Equal(["2"], await Given("one"));
        await first.Commit();
        await dispatcher.DispatchAll(None);
        Assert.Equal(["2", "1"], await Given("one"));
        Assert.True(
            await Database.Scalar<bool>(
                """
                select (array_agg(payload->>'n' order by id))[1] = '1'
                  and (array_agg(payload->>'n' order by xid))[1] = '1' from event
                """
            )
        );
        await dispatcher.DispatchAll(None);
        Assert.Equal(2, (await Given("one")).Length);
    }

    [Fact]
    public async Task A_transaction_that_stays_open_holds_up_no_event_of_another()
    {
        var dispatcher = await Subscribed(Listener("one"));
        await using var open = await Open();
        await open.Write(0);
        for (var n = 1; n <= 3; n++)
        {
            await Write(n);
            await dispatcher.DispatchAll(None);
        }

        Assert.Equal(["1", "2", "3"], await Given("one"));
        await open.Rollback();
        await dispatcher.DispatchAll(None);
        Assert.Equal((3, 0), ((await Given("one")).Length, await Lag("one")));
    }

    /// <summary>The older transaction waits for the lock: by its number it would come first.</summary>
    [Fact]
    public async Task Under_one_lock_the_order_is_that_of_the_commits()
    {
        var dispatcher = await Subscribed(Listener("one"));
        await Database.Execute("create table subject (n int)");
        await Database.Execute("insert into subject values (0)");
        await using var older = await Open();
        await older.Do("select pg_current_xact_id()");
        await using (var younger = await Open())
        {
            await younger.Do("update subject set n = n + 1");
            var waits = older.Do("update subject set n = n + 1");
            await younger.Write(1);
            await younger.Commit();
            await waits;
        }

        await older.Write(2);
        await older.Commit();
        await dispatcher.DispatchAll(None);
        Assert.Equal(["1", "2"], await Given("one"));
        Assert.Equal(["2", "1"], await Database.Column("select payload->>'n' from event order by xid"));
    }

    [Fact]
    public async Task What_is_rolled_back_never_was()
    {
        var dispatcher = await Subscribed(Listener("one"));
        await using (var open = await Open())
        {
            await open.Write(1);
            await open.Rollback();
        }

        await dispatcher.DispatchAll(None);
        Assert.Empty(await Given("one"));
    }

    [Fact]
    public async Task A_listener_hears_the_kinds_it_names_and_no_others()
    {
        var both = Listener("both") with { Events = [Happened, Otherwise] };
        var dispatcher = await Subscribed(Listener("one"), both);
        await Write(1);
        await Write(2, kind: Otherwise);
        await Write(3);
        await dispatcher.DispatchAll(None);
        Assert.Equal(["1", "3"], await Given("one"));
        Assert.Equal(["1", "2", "3"], await Given("both"));
    }

    [Fact]
    public async Task A_later_listener_is_given_the_past_if_it_asks_for_it()
    {
        await Write(1);
        await using var open = await Open();
        await open.Write(2);
        var dispatcher = await Subscribed(Listener("all").FromTheBeginning(), Listener("from now on"));
        await Write(3);
        // What was under way when it came is not the past.
        await open.Commit();
        await dispatcher.DispatchAll(None);
        Assert.Equal(["1", "2", "3"], await Given("all"));
        Assert.Equal(["2", "3"], await Given("from now on"));
        // Who comes again goes on.
        dispatcher = await Subscribed(Listener("all").FromTheBeginning(), Listener("from now on"));
        await Write(4);
        await dispatcher.DispatchAll(None);
        Assert.Equal((4, 3), ((await Given("all")).Length, (await Given("from now on")).Length));
    }

    [Fact]
    public async Task What_is_more_than_may_be_due_waits_in_the_feed()
    {
        const int more = 50;
        await Database.Execute(
            """
            select count(record_event('test_happened', null, jsonb_build_object('n', n))) from generate_series(1, $1) n
            """,
            EventDispatcher.DueMax + more
        );
        var listener = Listener("all").FromTheBeginning();
        var dispatcher = await Subscribed(listener);
        Assert.True(await dispatcher.DispatchAll(None));
        await Write(0);
        Assert.True(await dispatcher.DispatchAll(None));
        Assert.Equal((EventDispatcher.DueMax, more + 1), ((await Given("all")).Length, await Lag("all")));
        await Database.Execute("update job set state = 'done', finished_at = now()");
        Assert.False(await dispatcher.DispatchAll(None));
        Assert.False(await dispatcher.DispatchAll(None));
        var given = await Given("all");
        Assert.Equal(EventDispatcher.DueMax + more + 1, given.Length);
        Assert.Equal(Enumerable.Range(1, EventDispatcher.DueMax + more).Append(0).Select(n => $"{n}"), given);
        Assert.Equal(0, await Lag("all"));
    }

    [Fact]
    public async Task A_listener_whose_row_is_held_is_left_to_the_holder()
    {
        var dispatcher = await Subscribed(Listener("held"), Listener("free"));
        await Write(1);
        await using (var holder = await Open())
        {
            await holder.Do("select 1 from event_subscription where name = 'held' for update");
            await dispatcher.DispatchAll(None);
            Assert.Empty(await Given("held"));
            Assert.Equal(["1"], await Given("free"));
        }

        await dispatcher.DispatchAll(None);
        Assert.Equal(["1"], await Given("held"));
    }

    [Fact]
    public async Task What_cannot_be_given_to_one_is_given_to_the_others()
    {
        var dispatcher = await Subscribed(Listener("broken"), Listener("whole"));
        await Database.Execute(
            "alter table job add constraint job_broken_check check (kind <> 'broken' or state = 'none')"
        );
        await Write(1);
        await dispatcher.DispatchAll(None);
        Assert.Equal(["1"], await Given("whole"));
        Assert.Equal(1, await Lag("broken"));
        await Database.Execute("alter table job drop constraint job_broken_check");
        await dispatcher.DispatchAll(None);
        Assert.Equal(["1"], await Given("broken"));
    }

    /// <summary>A dump brings rows, and not the numbers of transactions to come.</summary>
    [Fact]
    public async Task A_feed_that_came_to_a_younger_server_goes_on_where_it_was()
    {
        var dispatcher = await Subscribed(Listener("one"));
        await Write(1);
        await dispatcher.DispatchAll(None);
        await Write(2);
        await Write(3);
        // As the old server would have left it: 2 was under way when the listener was given 1.
        await Database.Execute(
            """
            update event set xid = case payload->>'n' when '1' then '900000001' when '2' then '900000002'
              else '900000005' end::xid8
            """
        );
        await Database.Execute(
            """
            update event_subscription set seen = '900000002:900000004:900000002',
              seen_id = (select id from event where payload->>'n' = '2')
            """
        );
        await Write(4);
        await dispatcher.DispatchAll(None);
        Assert.Equal(["1", "2", "3", "4"], await Given("one"));
        await Write(5);
        await dispatcher.DispatchAll(None);
        await dispatcher.DispatchAll(None);
        Assert.Equal(["1", "2", "3", "4", "5"], await Given("one"));
    }

    [Fact]
    public async Task Days_that_are_not_kept_are_dropped_and_who_missed_something_is_told_of()
    {
        await Subscribed(Listener("late"), Listener("gone"), Listener("deaf") with { Events = [Otherwise] });
        await Database.Execute(
            "create table event_2020_01_01 partition of event for values from ('2020-01-01Z') to ('2020-01-02Z')"
        );
        await Database.Execute(
            """
            insert into event (at, kind, payload) select at::timestamptz, 'test_happened', '{"n": 1}'
              from unnest(array['2020-01-01Z', '2020-01-02Z']) at
            """
        );
        await Write(2);
        await Database.Execute("insert into job (id, kind, payload) values (gen_random_uuid(), 'gone', '{}')");
        await Database.Execute(
            "update event_subscription set renewed_at = now() - interval '8 days' where name = 'gone'"
        );
        var told = await Assert.ThrowsAsync<EventsMissedException>(KeepDays);
        Assert.Equal("Events were dropped that late had not been given for 7 days.", told.Message);
        Assert.True(await Database.Scalar<bool>("select to_regclass('event_2020_01_01') is null"));
        Assert.Equal(["2"], await Database.Column("select payload->>'n' from event"));
        Assert.Equal(["deaf", "late"], await Database.Column("select name from event_subscription order by name"));
        Assert.Equal(0, await Database.Scalar<long>("select count(*) from job"));
        await KeepDays();
    }

    [Fact]
    public async Task Days_are_made_ahead_and_nothing_is_lost_where_one_is_missing()
    {
        const string days = """
            select inhrelid::regclass::text from pg_inherits
             where inhparent = 'event'::regclass and inhrelid::regclass::text <> 'event_rest' order by 1
            """;
        var dispatcher = await Subscribed(Listener("one"));
        var made = await Database.Column(days);
        Assert.Equal(3, made.Length);
        foreach (var day in made)
            await Database.Execute($"drop table {day}");
        await Write(1);
        await KeepDays();
        // Today's events lie in the rest, and stay there.
        Assert.Equal(made.Skip(1), await Database.Column(days));
        await Write(2);
        await dispatcher.DispatchAll(None);
        Assert.Equal(["1", "2"], await Given("one"));
    }

    private async Task KeepDays()
    {
        await using var db = await Premises.Source.OpenConnectionAsync();
        await EventDays.Keep(db);
    }
}
