using Veza.Infrastructure.Limits;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Limits;

/// <summary>The table of request budgets, by a clock that stands still.</summary>
public sealed class RequestBudgetTests
{
    private readonly MovedClock clock = new();

    [Fact]
    public void As_many_requests_as_allowed_are_taken_and_no_more()
    {
        var budget = new RequestBudget(30, clock);
        for (var left = 29; left >= 0; left--)
            Assert.Equal((left, 0), (budget.Take(1).Left, 0));
        var refused = budget.Take(1);
        Assert.Equal((0, 2), (refused.Left, refused.RetryAfterS));
        Assert.Equal(29, budget.Take(2).Left);
    }

    [Fact]
    public void A_refused_request_costs_nothing_so_the_next_one_is_taken_when_it_was_promised()
    {
        var budget = new RequestBudget(30, clock);
        for (var i = 0; i < 30; i++)
            Assert.Equal(0, budget.Take(1).RetryAfterS);
        for (var i = 0; i < 1000; i++)
            Assert.Equal(2, budget.Take(1).RetryAfterS);
        clock.Move(TimeSpan.FromSeconds(1));
        Assert.Equal(1, budget.Take(1).RetryAfterS);
        clock.Move(TimeSpan.FromSeconds(1));
        Assert.Equal(0, budget.Take(1).RetryAfterS);
        Assert.Equal(2, budget.Take(1).RetryAfterS);
    }

    [Fact]
    public void It_is_whole_again_after_the_time_it_names()
    {
        var budget = new RequestBudget(60, clock);
        for (var i = 0; i < 10; i++)
            Assert.Equal(i + 1, budget.Take(1).WholeAfterS);
        clock.Move(TimeSpan.FromSeconds(10));
        Assert.Equal(59, budget.Take(1).Left);
    }

    [Fact]
    public void Parallel_requests_get_no_more_than_the_budget()
    {
        var budget = new RequestBudget(1000, clock);
        var taken = 0;
        Parallel.For(
            0,
            5000,
            _ =>
            {
                if (budget.Take(7).RetryAfterS == 0)
                    Interlocked.Increment(ref taken);
            }
        );
        Assert.Equal(1000, taken);
    }

    /// <summary>
    /// The table has a place for 32,768 keys: a flood of others takes the places of the idle, and a spent budget is
    /// given up last.
    /// </summary>
    [Fact]
    public void A_flood_of_addresses_neither_grows_it_nor_frees_who_has_spent_all()
    {
        var budget = new RequestBudget(100, clock);
        for (var i = 0; i < 100; i++)
            budget.Take(1);
        for (UInt128 key = 2; key < 200_000; key++)
            budget.Take(key);
        Assert.NotEqual(0, budget.Take(1).RetryAfterS);
    }
}
