using System.Runtime.CompilerServices;

namespace Veza.Demo;

/// <summary>
/// A look-ahead limiter on true peaks (four points per sample): turns down before a peak arrives and never clips.
/// </summary>
internal static class Limiter
{
    private const int AheadFrames = 132;
    private const float ReleaseS = 0.09f;
    private const int Taps = 12;

    private static readonly float[][] Between = [Kernel(0.25), Kernel(0.5), Kernel(0.75)];

    public static void Apply(Bus bus, float ceiling, Bus scratch)
    {
        Span<float> needed = scratch.Left.AsSpan(0, bus.Frames),
            gain = scratch.Right.AsSpan(0, bus.Frames);
        Needed(bus, ceiling, needed);
        Lookahead(needed, gain);
        // The box average over the same window reaches the lowest gain exactly when the peak comes.
        double sum = AheadFrames;
        for (int n = 0; n < gain.Length; n++)
        {
            sum += gain[n] - (n >= AheadFrames ? gain[n - AheadFrames] : 1f);
            float level = (float)(sum / AheadFrames);
            bus.Left[n] *= level;
            bus.Right[n] *= level;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Needed(Bus bus, float ceiling, Span<float> gain)
    {
        for (int n = 0; n < gain.Length; n++)
        {
            float peak = Math.Max(Peak(bus.Left, n, ceiling), Peak(bus.Right, n, ceiling));
            gain[n] = peak > ceiling ? ceiling / peak : 1;
        }
    }

    private static float Peak(float[] samples, int n, float ceiling)
    {
        float peak = Math.Abs(samples[n]);
        // Far below the ceiling no curve between two samples can reach it.
        if (peak < ceiling * 0.55f || n < Taps || n >= samples.Length - Taps)
            return peak;

        foreach (float[] kernel in Between)
        {
            float value = 0;
            ReadOnlySpan<float> near = samples.AsSpan(n - Taps / 2 + 1, Taps);
            for (int t = 0; t < Taps; t++)
                value += near[t] * kernel[t];

            peak = Math.Max(peak, Math.Abs(value));
        }

        return peak;
    }

    /// <summary>Each frame takes the lowest gain of the window ahead of it; upwards it goes slowly.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Lookahead(ReadOnlySpan<float> needed, Span<float> gain)
    {
        float rise = 1 - MathF.Exp(-1 / (ReleaseS * Bus.RateHz)),
            level = 1;
        int low = 0;
        for (int n = 0; n < gain.Length; n++)
        {
            int last = Math.Min(gain.Length - 1, n + AheadFrames);
            if (n == 0 || low < n)
            {
                low = n;
                for (int m = n + 1; m <= last; m++)
                    low = needed[m] <= needed[low] ? m : low;
            }
            else if (needed[last] <= needed[low])
            {
                low = last;
            }

            level = Math.Min(needed[low], level + (1 - level) * rise);
            gain[n] = level;
        }
    }

    private static float[] Kernel(double offset)
    {
        var kernel = new float[Taps];
        for (int t = 0; t < Taps; t++)
        {
            double x = t - (Taps / 2 - 1) - offset,
                window = Math.Cos(Math.PI * x / (Taps + 1));
            kernel[t] = (float)(Math.Sin(Math.PI * x) / (Math.PI * x) * window * window);
        }

        return kernel;
    }
}
