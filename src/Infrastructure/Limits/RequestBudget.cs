using System.Diagnostics;

namespace Veza.Infrastructure.Limits;

/// <summary>
/// How a request stands with its budget: what is left of it, in how many seconds it is whole again, and after how many
/// a refused one can be sent again (0 if it was not refused).
/// </summary>
internal readonly record struct BudgetState(int Left, int WholeAfterS, int RetryAfterS);

/// <summary>
/// Requests per minute of many keys, by the generic cell rate algorithm: one instant for each key, the one at which its
/// budget is whole again. It lives in a table of fixed size, whose sets give up the key that is nearest to idle, so no
/// flood of addresses can grow it. A refused request costs nothing, so the instant at which the next one is taken never
/// moves later.
/// </summary>
internal sealed class RequestBudget(int perMinute, TimeProvider clock)
{
    internal const int WindowS = 60;
    private const int Sets = 8192,
        Ways = 4,
        Stripes = 64;
    private readonly Cell[] cells = new Cell[Sets * Ways];
    private readonly Lock[] stripes = [.. Enumerable.Range(0, Stripes).Select(_ => new Lock())];
    private readonly long window = clock.TimestampFrequency * WindowS,
        cost = Math.Max(1, clock.TimestampFrequency * WindowS / Math.Max(1, perMinute)),
        second = clock.TimestampFrequency;

    /// <summary>The hash is seeded anew in each process: nobody can aim addresses at one set.</summary>
    private readonly int seed = Random.Shared.Next();

    private struct Cell
    {
        internal UInt128 Key;
        internal long WholeAt;
    }

    internal bool IsOn => perMinute > 0;

    internal int PerMinute => perMinute;

    internal BudgetState Take(UInt128 key)
    {
        Debug.Assert(IsOn);
        var set = (int)((uint)HashCode.Combine(key, seed) % Sets);
        var now = clock.GetTimestamp();
        lock (stripes[set % Stripes])
        {
            ref var cell = ref Find(cells.AsSpan(set * Ways, Ways), key);
            var wholeAt = Math.Max(cell.WholeAt, now) + cost;
            if (wholeAt - now > window)
                return new BudgetState(0, Seconds(cell.WholeAt - now), Math.Max(1, Seconds(wholeAt - window - now)));
            cell.WholeAt = wholeAt;
            return new BudgetState((int)((window - (wholeAt - now)) / cost), Seconds(wholeAt - now), 0);
        }
    }

    private static ref Cell Find(Span<Cell> set, UInt128 key)
    {
        var idlest = 0;
        for (var i = 0; i < set.Length; i++)
        {
            if (set[i].Key == key && set[i].WholeAt != 0)
                return ref set[i];
            if (set[i].WholeAt < set[idlest].WholeAt)
                idlest = i;
        }

        set[idlest] = new Cell { Key = key };
        return ref set[idlest];
    }

    private int Seconds(long ticks) => (int)((ticks + second - 1) / second);
}
