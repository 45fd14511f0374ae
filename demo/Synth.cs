using System.Runtime.CompilerServices;

namespace Veza.Demo;

/// <summary>
/// A subtractive patch: detuned oscillators across the stereo field, a low-pass with its own envelope, vibrato that
/// comes late.
/// </summary>
internal sealed record Synth(Wave Wave, Envelope Amp)
{
    private const int ControlFrames = 32;
    private const float VibratoHz = 5.4f;

    public int Voices { get; init; } = 1;
    public float DetuneCents { get; init; }
    public float Spread { get; init; }
    public float PulseWidth { get; init; } = 0.5f;
    public float CutoffHz { get; init; } = 16_000;
    public float Resonance { get; init; }
    public float SweepOctaves { get; init; }
    public Envelope Sweep { get; init; } = new(0.002f, 0.3f, 0, 0.2f);
    public float VibratoCents { get; init; }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Play(Bus bus, int at, int heldFrames, float hz, float gain, float place = 0)
    {
        // The filter moves once per block of control frames, so its envelope runs that much slower.
        Contour amp = Amp.Start(heldFrames),
            sweep = Sweep.Start(heldFrames, ControlFrames);
        int end = Math.Min(amp.Frames, bus.Frames - at);
        Span<Oscillator> oscillators = stackalloc Oscillator[Voices];
        Span<Pan> pans = stackalloc Pan[Voices];
        Span<float> cents = stackalloc float[Voices];
        var dice = new Noise((uint)(at + (int)(hz * 16)));
        for (int v = 0; v < Voices; v++)
        {
            float side = Voices == 1 ? 0 : 2f * v / (Voices - 1) - 1;
            // A lone oscillator starts at its zero crossing; a crowd starts scattered, or its beating would be a comb.
            oscillators[v] = new Oscillator(Wave, hz, Voices == 1 ? Start(Wave) : dice.Chance(), PulseWidth);
            cents[v] = side * DetuneCents;
            pans[v] = Pan.At(place + (v % 2 == 0 ? side : -side) * Spread);
        }

        Filter left = default,
            right = default;
        gain /= MathF.Sqrt(Voices);
        Span<float> l = stackalloc float[ControlFrames],
            r = stackalloc float[ControlFrames];
        for (int from = 0; from < end; from += ControlFrames)
        {
            int count = Math.Min(ControlFrames, end - from);
            if (from == 0 || VibratoCents > 0)
                Steer(oscillators, cents, hz, from);
            if (from == 0 || SweepOctaves > 0)
            {
                left.Tune(CutoffHz * MathF.Pow(2, SweepOctaves * sweep.Next()), Resonance);
                right.TuneLike(left);
            }

            l.Clear();
            r.Clear();
            for (int v = 0; v < oscillators.Length; v++)
                oscillators[v].AddTo(l, r, pans[v]);

            Span<float> toLeft = bus.Left.AsSpan(at + from, count),
                toRight = bus.Right.AsSpan(at + from, count);
            for (int n = 0; n < count; n++)
            {
                float level = amp.Next() * gain;
                toLeft[n] += left.Low(l[n]) * level;
                toRight[n] += right.Low(r[n]) * level;
            }
        }
    }

    private void Steer(Span<Oscillator> oscillators, ReadOnlySpan<float> cents, float hz, int frame)
    {
        float seconds = (float)frame / Bus.RateHz;
        float depth = VibratoCents * Math.Clamp((seconds - 0.15f) / 0.3f, 0, 1);
        float wave = depth * Oscillator.Sine(seconds * VibratoHz);
        for (int v = 0; v < oscillators.Length; v++)
            oscillators[v].Tune(hz * MathF.Pow(2, (cents[v] + wave) / 1200));
    }

    private static float Start(Wave wave) => wave == Wave.Saw ? 0.5f : 0;
}
