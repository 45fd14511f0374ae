using System.Globalization;
using Npgsql;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Events;

/// <summary>What dispatching reads, whatever the plans of a session have become.</summary>
public sealed class EventCostTests : EventStage
{
    private const string Dispatch = "select dispatch_events('one', 1000)";

    [Fact]
    public async Task Dispatching_reads_what_is_new_however_long_the_feed_is()
    {
        await Database.Execute(
            """
            insert into event (kind, subject_id, payload)
            select case when n % 3 = 0 then 'test_happened' else 'test_else' end, gen_random_uuid(), '{"n": 1}'
              from generate_series(1, 100000) n
            """
        );
        // Transactions of the whole server count, those of other tests too: what is newer than the oldest that is open
        // is looked at again.
        await Eventually.True(
            "no transaction is open that was begun before the rows were written",
            () => Database.Scalar<bool>("select (select max(xid) from event) < pg_snapshot_xmin(pg_current_snapshot())")
        );
        await Subscribed(Listener("one"));
        await Database.Execute("vacuum analyze event");
        await using var db = await Database.Source.OpenConnectionAsync();
        for (var round = 0; round < 10; round++)
        {
            await Write(round);
            await Do(db, Dispatch);
        }

        Assert.Equal(10, (await Given("one")).Length);
        Assert.InRange(await Pages(db), 1, 100);
        for (var more = 0; more < 5; more++)
            await Write(more);
        Assert.InRange(await Pages(db), 1, 500);
        Assert.Equal(15, (await Given("one")).Length);
    }

    private static async Task<int> Pages(NpgsqlConnection db)
    {
        await using var explain = new NpgsqlCommand(
            $"explain (analyze, buffers, costs off, timing off) {Dispatch}",
            db
        );
        await using var plan = await explain.ExecuteReaderAsync();
        while (await plan.ReadAsync())
            if (plan.GetString(0).Split("shared hit=") is [_, var pages])
                return int.Parse(pages.Split(' ')[0], CultureInfo.InvariantCulture);
        return 0;
    }

    private static async Task Do(NpgsqlConnection db, string sql)
    {
        await using var command = new NpgsqlCommand(sql, db);
        await command.ExecuteNonQueryAsync();
    }
}
