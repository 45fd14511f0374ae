using System.Runtime.CompilerServices;

namespace Veza.Demo;

/// <summary>
/// Makes room for the kick: the bus dips at each stroke and swells back (a side-chain without the compressor).
/// </summary>
internal static class Ducking
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply(Bus bus, IEnumerable<int> strokes, float depth, float recoverS)
    {
        int span = Bus.FramesIn(recoverS),
            press = Bus.FramesIn(0.006);
        foreach (int stroke in strokes)
        {
            // It begins to dip just before the stroke, so that the dip itself does not click.
            int from = Math.Max(0, stroke - press),
                to = Math.Min(bus.Frames, stroke + span);
            for (int n = from; n < to; n++)
            {
                float part = n < stroke ? 1 - (float)(stroke - n) / press : 1 - (float)(n - stroke) / span;
                float gain = 1 - depth * part * part * (3 - 2 * part);
                bus.Left[n] *= gain;
                bus.Right[n] *= gain;
            }
        }
    }
}
