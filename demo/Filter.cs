using System.Runtime.CompilerServices;

namespace Veza.Demo;

/// <summary>A state-variable filter in the trapezoidal form: its cutoff may move while it sounds.</summary>
internal struct Filter
{
    private float _a1,
        _a2,
        _a3,
        _k,
        _s1,
        _s2;

    public Filter(float cutoffHz, float resonance = 0) => Tune(cutoffHz, resonance);

    /// <param name="cutoffHz">Where it bends.</param>
    /// <param name="resonance">0 is flat (Butterworth), towards 1 it rings.</param>
    public void Tune(float cutoffHz, float resonance = 0)
    {
        float g = MathF.Tan(MathF.PI * Math.Clamp(cutoffHz, 10, Bus.RateHz * 0.45f) / Bus.RateHz);
        _k = 1.414f * (1 - Math.Clamp(resonance, 0, 0.97f));
        _a1 = 1 / (1 + g * (g + _k));
        _a2 = g * _a1;
        _a3 = g * _a2;
    }

    public void TuneLike(Filter other) => (_a1, _a2, _a3, _k) = (other._a1, other._a2, other._a3, other._k);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Low(float x)
    {
        Advance(x, out _, out float low);
        return low;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float Band(float x)
    {
        Advance(x, out float band, out _);
        return band * _k;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float High(float x)
    {
        Advance(x, out float band, out float low);
        return x - _k * band - low;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void LowPass(Bus bus, float cutoffHz)
    {
        Filter left = new(cutoffHz),
            right = new(cutoffHz);
        for (int n = 0; n < bus.Frames; n++)
        {
            bus.Left[n] = left.Low(bus.Left[n]);
            bus.Right[n] = right.Low(bus.Right[n]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void HighPass(Bus bus, float cutoffHz)
    {
        Filter left = new(cutoffHz),
            right = new(cutoffHz);
        for (int n = 0; n < bus.Frames; n++)
        {
            bus.Left[n] = left.High(bus.Left[n]);
            bus.Right[n] = right.High(bus.Right[n]);
        }
    }

    /// <summary>A low-pass whose cutoff follows a curve over the song, in seconds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sweep(Bus bus, float resonance, Func<float, float> cutoffHz)
    {
        const int Step = 32;
        Filter left = default,
            right = default;
        for (int n = 0; n < bus.Frames; n++)
        {
            if (n % Step == 0)
            {
                float hz = cutoffHz((float)n / Bus.RateHz);
                left.Tune(hz, resonance);
                right.TuneLike(left);
            }

            bus.Left[n] = left.Low(bus.Left[n]);
            bus.Right[n] = right.Low(bus.Right[n]);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Advance(float x, out float band, out float low)
    {
        float v3 = x - _s2;
        band = _a1 * _s1 + _a2 * v3;
        low = _s2 + _a2 * _s1 + _a3 * v3;
        // The tiny constant keeps a dying filter out of denormal numbers, which are a hundred times slower.
        _s1 = 2 * band - _s1 + 1e-20f;
        _s2 = 2 * low - _s2;
    }
}
