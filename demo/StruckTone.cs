using System.Runtime.CompilerServices;

namespace Veza.Demo;

/// <summary>
/// A struck tone by frequency modulation: with a ratio of 1 an electric piano, with an odd one a bell.
/// </summary>
internal sealed record StruckTone(float Ratio, float Depth, float DepthDecayS, float DecayS)
{
    /// <summary>The short metal sound of the hammer on the tine.</summary>
    public float Ding { get; init; }

    public float ReleaseS { get; init; } = 0.25f;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Play(Bus bus, int at, int heldFrames, float hz, float velocity, float place)
    {
        // High notes die sooner, as on every struck instrument.
        float register = MathF.Pow(261f / hz, 0.35f);
        Contour amp = new Envelope(0.002f, 0.02f, 1, ReleaseS).Start(heldFrames);
        int end = Math.Min(amp.Frames, bus.Frames - at);
        float fall = Fall(DecayS * register),
            depthFall = Fall(DepthDecayS * register),
            dingFall = Fall(0.12f);
        float level = velocity,
            depth = Depth * (0.35f + 0.65f * velocity),
            ding = Ding * velocity * velocity;
        float step = hz / Bus.RateHz,
            phase = 0,
            modulator = 0,
            metal = 0;
        float metalStep = Math.Min(hz * 7.07f, 9000) / Bus.RateHz;
        Pan pan = Pan.At(place);
        for (int n = 0; n < end; n++)
        {
            float bend = depth * Oscillator.Sine(modulator);
            if (ding > 0.001f)
            {
                bend += ding * Oscillator.Sine(metal);
                ding *= dingFall;
                metal = Turn(metal + metalStep);
            }

            float value = Oscillator.Sine(phase + bend * 0.159f) * level * amp.Next();
            bus.Left[at + n] += value * pan.Left;
            bus.Right[at + n] += value * pan.Right;
            level *= fall;
            depth *= depthFall;
            phase = Turn(phase + step);
            modulator = Turn(modulator + step * Ratio);
        }
    }

    private static float Fall(float seconds) => MathF.Exp(-6.9f / (seconds * Bus.RateHz));

    private static float Turn(float phase) => phase >= 1 ? phase - 1 : phase;
}
