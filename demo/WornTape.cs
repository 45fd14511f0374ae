using System.Runtime.CompilerServices;

namespace Veza.Demo;

/// <summary>An old cassette and an old record: wow and flutter, rounded peaks, crackle and hiss.</summary>
internal static class WornTape
{
    public static void Wobble(Bus bus, float wowMs, float flutterMs)
    {
        float wow = wowMs * Bus.RateHz / 1000,
            flutter = flutterMs * Bus.RateHz / 1000;
        Bend(bus.Left.AsSpan(0, bus.Frames), wow, flutter, 0);
        Bend(bus.Right.AsSpan(0, bus.Frames), wow, flutter, 0.17f);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Saturate(Bus bus, float drive)
    {
        for (int n = 0; n < bus.Frames; n++)
        {
            bus.Left[n] = Mixdown.Soften(bus.Left[n] * drive) / drive;
            bus.Right[n] = Mixdown.Soften(bus.Right[n] * drive) / drive;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Crackle(Bus bus, uint seed, float popsPerSecond, float hiss)
    {
        var noise = new Noise(seed);
        Filter left = new(5200),
            right = new(5200),
            rumble = new(60);
        float popLeft = 0,
            popRight = 0;
        for (int n = 0; n < bus.Frames; n++)
        {
            if (noise.Chance() < popsPerSecond / Bus.RateHz)
            {
                // Many small ticks and now and then a big one.
                float chance = noise.Chance(),
                    size = 0.1f + 0.9f * chance * chance * chance * chance,
                    side = noise.Chance();
                popLeft += size * side * MathF.Sign(noise.Next());
                popRight += size * (1 - side) * MathF.Sign(noise.Next());
            }

            float low = rumble.Low(noise.Next()) * hiss * 4;
            bus.Left[n] += left.Low(popLeft + noise.Next() * hiss) + low;
            bus.Right[n] += right.Low(popRight + noise.Next() * hiss) + low;
            popLeft *= 0.86f;
            popRight *= 0.86f;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Bend(Span<float> samples, float wow, float flutter, float phase)
    {
        const int Mask = 1023;
        Span<float> tape = stackalloc float[Mask + 1];
        float slow = phase,
            fast = phase,
            still = wow + flutter + 2;
        for (int n = 0; n < samples.Length; n++)
        {
            slow += 0.53f / Bus.RateHz;
            fast += 6.1f / Bus.RateHz;
            float late = still + wow * Oscillator.Sine(slow) + flutter * Oscillator.Sine(fast);
            int whole = (int)late;
            tape[n & Mask] = samples[n];
            float near = tape[n - whole & Mask];
            samples[n] = near + (tape[n - whole - 1 & Mask] - near) * (late - whole);
        }
    }
}
