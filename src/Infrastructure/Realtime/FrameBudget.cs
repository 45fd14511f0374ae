using Veza.Infrastructure.Loops;

namespace Veza.Infrastructure.Realtime;

/// <summary>So many frames in each second of the clock, and no more.</summary>
internal sealed class FrameBudget(int perSecondMax, TimeProvider clock)
{
    private long second;
    private int taken;

    internal bool Take()
    {
        var now = clock.Milliseconds() / 1000;
        if (now != second)
            (second, taken) = (now, 0);
        return ++taken <= perSecondMax;
    }
}
