using System.Runtime.CompilerServices;

namespace Veza.Demo;

/// <summary>Kick, snare, clap, hats, shaker and rim, each made anew for every stroke.</summary>
internal sealed class DrumKit(Bus bus, uint seed)
{
    private Noise _noise = new(seed);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Kick(int at, float gain, float hz = 49, float decayS = 0.34f, float click = 0.35f)
    {
        int end = Length(at, decayS * 1.3f);
        float sweep = hz * 4.2f,
            sweepFall = Fall(0.14f),
            level = 1,
            fall = Fall(decayS),
            tap = click,
            tapFall = Fall(0.018f),
            phase = 0;
        var tip = new Filter(4200);
        for (int n = 0; n < end; n++)
        {
            phase += (hz + sweep) / Bus.RateHz;
            phase -= (int)phase;
            float body = Mixdown.Soften(1.5f * level * Oscillator.Sine(phase));
            Put(at + n, (body + tip.Low(_noise.Next() * tap)) * gain * Edge(n, end), 1, 1);
            sweep *= sweepFall;
            level *= fall;
            tap *= tapFall;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Snare(int at, float gain, float hz = 186, float decayS = 0.22f, float brightHz = 2600, float place = 0)
    {
        int end = Length(at, decayS);
        float tone = 0.7f,
            toneFall = Fall(0.16f),
            wires = 1,
            wiresFall = Fall(decayS);
        float a = 0,
            b = 0;
        Filter low = new(900),
            body = new(brightHz, 0.1f);
        Pan pan = Pan.At(place);
        for (int n = 0; n < end; n++)
        {
            a += (hz + 60 * tone) / Bus.RateHz;
            b += hz * 1.78f / Bus.RateHz;
            float shell = tone * (Oscillator.Sine(a) + 0.55f * Oscillator.Sine(b));
            float hiss = low.High(_noise.Next()) * wires;
            float value = (0.6f * shell + 0.55f * hiss + 0.7f * body.Band(hiss)) * gain * Edge(n, end);
            Put(at + n, value, pan.Left, pan.Right);
            tone *= toneFall;
            wires *= wiresFall;
        }
    }

    public void Clap(int at, float gain)
    {
        int end = Length(at, 0.32f),
            gap = Bus.FramesIn(0.0105);
        float level = 0,
            burstFall = Fall(0.03f),
            tailFall = Fall(0.26f);
        Filter left = new(1350, 0.35f),
            right = new(1480, 0.35f);
        for (int n = 0; n < end; n++)
        {
            // Three hands a moment apart, then the room.
            bool hand = n % gap == 0 && n <= 3 * gap;
            level = hand ? 1 : level * (n < 3 * gap ? burstFall : tailFall);
            float edge = gain * level * 2.2f * Edge(n, end);
            bus.Left[at + n] += left.Band(_noise.Next()) * edge;
            bus.Right[at + n] += right.Band(_noise.Next()) * edge;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Hat(int at, float gain, float decayS, float place)
    {
        int end = Length(at, decayS);
        float level = 1,
            fall = Fall(decayS);
        Oscillator a = new(Wave.Pulse, 3187, 0),
            b = new(Wave.Pulse, 4421, 0.3f),
            c = new(Wave.Pulse, 5379, 0.6f);
        Filter high = new(7200),
            higher = new(6200);
        Pan pan = Pan.At(place);
        Span<float> metal = stackalloc float[Oscillator.Block],
            spare = stackalloc float[Oscillator.Block];
        for (int n = 0; n < end; n++)
        {
            if (n % Oscillator.Block == 0)
            {
                metal.Clear();
                a.AddTo(metal, spare, new Pan(0.16f, 0));
                b.AddTo(metal, spare, new Pan(0.16f, 0));
                c.AddTo(metal, spare, new Pan(0.16f, 0));
            }

            float value =
                higher.High(high.High(metal[n % Oscillator.Block] + _noise.Next() * 0.55f))
                * level
                * gain
                * Edge(n, end);
            Put(at + n, value, pan.Left, pan.Right);
            level *= fall;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Shaker(int at, float gain, float place)
    {
        int end = Length(at, 0.11f),
            swell = Bus.FramesIn(0.022);
        float fall = Fall(0.1f),
            level = 1;
        var grain = new Filter(6400, 0.25f);
        Pan pan = Pan.At(place);
        for (int n = 0; n < end; n++)
        {
            level = n < swell ? (float)n / swell : level * fall;
            Put(at + n, grain.Band(_noise.Next()) * level * gain * Edge(n, end), pan.Left, pan.Right);
        }
    }

    public void Rim(int at, float gain, float place)
    {
        int end = Length(at, 0.07f);
        float level = 1,
            fall = Fall(0.06f),
            a = 0,
            b = 0;
        Pan pan = Pan.At(place);
        for (int n = 0; n < end; n++)
        {
            a += 1720f / Bus.RateHz;
            b += 460f / Bus.RateHz;
            float value =
                (Oscillator.Sine(a) * 0.6f + Oscillator.Sine(b) * 0.5f + _noise.Next() * 0.2f * level) * level;
            Put(at + n, value * gain * Edge(n, end), pan.Left, pan.Right);
            level *= fall;
        }
    }

    private void Put(int frame, float value, float left, float right)
    {
        bus.Left[frame] += value * left;
        bus.Right[frame] += value * right;
    }

    private int Length(int at, float seconds) => Math.Min(Bus.FramesIn(seconds), bus.Frames - at);

    private static float Edge(int n, int end) => Math.Min(1, Math.Min((n + 1) / 22f, (end - 1 - n) / 220f));

    private static float Fall(float seconds) => MathF.Exp(-6.9f / (seconds * Bus.RateHz));
}
