using System.Runtime.CompilerServices;

namespace Veza.Demo;

/// <summary>A delay that bounces between the speakers, a little duller each time.</summary>
internal static class Echo
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Apply(Bus bus, float delayS, float feedback, float wet, float toneHz = 3200)
    {
        int frames = Bus.FramesIn(delayS);
        float[] left = new float[frames],
            right = new float[frames];
        Filter toneLeft = new(toneHz),
            toneRight = new(toneHz),
            thinLeft = new(220),
            thinRight = new(220);
        for (int n = 0, i = 0; n < bus.Frames; n++)
        {
            float fromLeft = toneLeft.Low(left[i]),
                fromRight = toneRight.Low(right[i]);
            left[i] = thinLeft.High(0.5f * (bus.Left[n] + bus.Right[n]) + feedback * fromRight);
            right[i] = thinRight.High(fromLeft);
            bus.Left[n] += wet * fromLeft;
            bus.Right[n] += wet * fromRight;
            i = i + 1 == frames ? 0 : i + 1;
        }
    }
}
