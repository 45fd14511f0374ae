using Veza.Infrastructure.Limits;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Limits;

/// <summary>The logs of tries in one process, by a clock that stands still.</summary>
public sealed class TryTableTests
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(15);
    private readonly MovedClock clock = new();

    private static TryKey[] Keys(UInt128 subject, UInt128 address, int perSubject = 3, int perAddress = 5) =>
        [new(subject, perSubject, true), new(address, perAddress, false)];

    private static void Fail(TryTable table, TryKey[] keys)
    {
        var outcome = table.Take(keys, Window);
        Assert.True(outcome.IsTaken);
        table.Settle(keys, outcome.TakenAt, giveBack: false);
    }

    [Fact]
    public void The_deadline_of_a_lock_never_moves_later_whatever_is_tried_meanwhile()
    {
        var table = new TryTable(clock);
        for (var i = 0; i < 3; i++)
        {
            Fail(table, Keys(1, 2));
            clock.Move(TimeSpan.FromSeconds(10));
        }

        var first = table.Take(Keys(1, 2), Window);
        Assert.True(first is { IsTaken: false, BySubject: true });
        var deadline = clock.GetUtcNow() + first.Wait;
        while (clock.GetUtcNow() < deadline)
        {
            Assert.Equal(deadline, clock.GetUtcNow() + table.Take(Keys(1, 2), Window).Wait);
            clock.Move(TimeSpan.FromSeconds(7));
        }

        Assert.True(table.Take(Keys(1, 2), Window).IsTaken);
    }

    [Fact]
    public void What_others_do_at_the_address_does_not_move_the_lock_of_an_account()
    {
        var table = new TryTable(clock);
        for (var i = 0; i < 3; i++)
            Fail(table, Keys(1, 2));
        var deadline = table.Take(Keys(1, 2), Window).Wait;
        clock.Move(TimeSpan.FromMinutes(1));
        for (UInt128 other = 10; other < 12; other++)
            Fail(table, Keys(other, 2));
        Assert.False(table.Take(Keys(20, 2), Window).IsTaken);
        Assert.Equal(deadline - TimeSpan.FromMinutes(1), table.Take(Keys(1, 2), Window).Wait);
    }

    [Fact]
    public void A_refused_try_takes_no_place_in_any_log()
    {
        var table = new TryTable(clock);
        for (var i = 0; i < 3; i++)
            Fail(table, Keys(1, 2));
        for (var i = 0; i < 50; i++)
            Assert.False(table.Take(Keys(1, 2), Window).IsTaken);
        for (var i = 0; i < 2; i++)
            Fail(table, Keys(9, 2));
    }

    [Fact]
    public void A_slot_that_is_given_back_is_free_and_the_others_stay()
    {
        var table = new TryTable(clock);
        var keys = Keys(1, 2);
        for (var i = 0; i < 2; i++)
            Fail(table, keys);
        for (var i = 0; i < 20; i++)
        {
            var good = table.Take(keys, Window);
            Assert.True(good.IsTaken);
            Assert.Equal(Window, good.LockedFor);
            table.Settle(keys, good.TakenAt, giveBack: true);
        }

        Fail(table, keys);
        Assert.False(table.Take(keys, Window).IsTaken);
    }

    [Fact]
    public async Task Who_finds_only_tries_under_way_waits_for_their_outcome()
    {
        var table = new TryTable(clock);
        var keys = Keys(1, 2);
        var first = table.Take(keys, Window);
        for (var i = 0; i < 2; i++)
            Assert.True(table.Take(keys, Window).IsTaken);
        var fourth = table.Take(keys, Window);
        Assert.False(fourth.Settled!.IsCompleted);
        table.Settle(keys, first.TakenAt, giveBack: true);
        await fourth.Settled;
        Assert.True(table.Take(keys, Window).IsTaken);
    }

    [Fact]
    public void Parallel_tries_get_no_more_than_the_limit()
    {
        var table = new TryTable(clock);
        var taken = 0;
        Parallel.For(
            0,
            500,
            _ =>
            {
                if (table.Take(Keys(1, 2, 10, 1000), Window).IsTaken)
                    Interlocked.Increment(ref taken);
            }
        );
        Assert.Equal(10, taken);
    }

    [Fact]
    public void A_tightened_limit_opens_when_enough_have_left()
    {
        var table = new TryTable(clock);
        for (var i = 0; i < 4; i++)
        {
            Fail(table, Keys((UInt128)i + 10, 2));
            clock.Move(TimeSpan.FromMinutes(1));
        }

        var tight = table.Take(Keys(1, 2, perAddress: 2), Window);
        Assert.False(tight.IsTaken);
        clock.Move(tight.Wait);
        Fail(table, Keys(1, 2, perAddress: 2));
        Assert.False(table.Take(Keys(1, 2, perAddress: 2), Window).IsTaken);
    }

    [Fact]
    public void The_table_stays_bounded_and_keeps_who_is_locked()
    {
        var table = new TryTable(clock, keysMax: 1000);
        for (var i = 0; i < 3; i++)
            Fail(table, [new TryKey(1, 3, true)]);
        for (UInt128 other = 2; other < 20_000; other++)
            Fail(table, [new TryKey(other, 3, true)]);
        Assert.Equal(1000, table.Count);
        Assert.False(table.Take([new TryKey(1, 3, true)], Window).IsTaken);
    }

    [Fact]
    public void Clearing_opens_at_once()
    {
        var table = new TryTable(clock);
        for (var i = 0; i < 3; i++)
            Fail(table, Keys(1, 2));
        table.Clear(1);
        Assert.True(table.Take(Keys(1, 2), Window).IsTaken);
    }
}
