using System.Runtime.CompilerServices;

namespace Veza.Demo;

/// <summary>Filtered noise that climbs towards a moment and stops there.</summary>
internal static class NoiseRise
{
    private const float FromHz = 300;
    private const float Times = 26;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Play(Bus bus, int from, int to, uint seed)
    {
        var noise = new Noise(seed);
        Filter left = default,
            right = default;
        for (int n = from; n < to; n++)
        {
            float part = (float)(n - from) / (to - from);
            if (n % 32 == 0)
            {
                left.Tune(FromHz * MathF.Pow(Times, part), 0.5f);
                right.Tune(1.1f * FromHz * MathF.Pow(Times, part), 0.5f);
            }

            float level = part * part * Math.Min(1, (to - n) / 400f);
            bus.Left[n] += left.Band(noise.Next()) * level;
            bus.Right[n] += right.Band(noise.Next()) * level;
        }
    }
}
