using System.Runtime.CompilerServices;

namespace Veza.Demo;

/// <summary>A goblet drum and the deep side of a tapan, by the modes of a struck skin.</summary>
internal sealed class HandDrum(Bus bus, uint seed)
{
    private static readonly Mode[] Deep =
    [
        new(1, 1, 0.42f),
        new(1.59f, 0.4f, 0.2f),
        new(2.14f, 0.22f, 0.13f),
        new(2.92f, 0.12f, 0.08f),
    ];
    private static readonly Mode[] Edge =
    [
        new(1, 0.5f, 0.11f),
        new(2.31f, 0.8f, 0.09f),
        new(3.65f, 0.6f, 0.06f),
        new(5.4f, 0.4f, 0.04f),
        new(8.1f, 0.25f, 0.025f),
    ];

    private Noise _noise = new(seed);

    /// <summary>The low stroke in the middle of the skin.</summary>
    public void Doum(int at, float gain, float place) => Strike(at, gain, place, Deep, 78, 0.35f, 900, 0.03f);

    /// <summary>The ringing stroke at the edge.</summary>
    public void Tek(int at, float gain, float place) =>
        Strike(at, gain, place, Edge, 415 * (1 + 0.01f * _noise.Next()), 0.02f, 5200, 0.05f);

    /// <summary>The light stroke of the other hand.</summary>
    public void Ka(int at, float gain, float place) =>
        Strike(at, gain * 0.7f, place, Edge, 470 * (1 + 0.015f * _noise.Next()), 0.02f, 4300, 0.035f);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Strike(int at, float gain, float place, Mode[] modes, float hz, float bend, float slapHz, float slapS)
    {
        int end = Math.Min(Bus.FramesIn(modes[0].DecayS * 1.1), bus.Frames - at);
        Pan pan = Pan.At(place);
        Span<float> phase = stackalloc float[modes.Length],
            level = stackalloc float[modes.Length],
            fall = stackalloc float[modes.Length];
        for (int m = 0; m < modes.Length; m++)
        {
            level[m] = modes[m].Level;
            fall[m] = Fall(modes[m].DecayS);
        }

        var slap = new Filter(slapHz, 0.2f);
        float slapLevel = 1.1f,
            slapFall = Fall(slapS),
            pull = bend,
            pullFall = Fall(0.12f);
        for (int n = 0; n < end; n++)
        {
            // A struck skin is taut at first: the pitch starts high and sinks.
            float step = hz * (1 + pull) / Bus.RateHz,
                value = slap.Band(_noise.Next()) * slapLevel;
            for (int m = 0; m < modes.Length; m++)
            {
                phase[m] += step * modes[m].Ratio;
                value += Oscillator.Sine(phase[m]) * level[m];
                level[m] *= fall[m];
            }

            slapLevel *= slapFall;
            pull *= pullFall;
            value *= gain * Math.Min(1, Math.Min((n + 1) / 20f, (end - 1 - n) / 300f));
            bus.Left[at + n] += value * pan.Left;
            bus.Right[at + n] += value * pan.Right;
        }
    }

    private static float Fall(float seconds) => MathF.Exp(-6.9f / (seconds * Bus.RateHz));

    private readonly record struct Mode(float Ratio, float Level, float DecayS);
}
