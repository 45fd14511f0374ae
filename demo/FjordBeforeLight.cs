using System.Runtime.CompilerServices;

namespace Veza.Demo;

/// <summary>An ambient piece: six wide chords that drift into each other, bells far off, the sea close by.</summary>
internal sealed class FjordBeforeLight()
    : Song(
        new Credits(
            "fjord-before-light",
            "opus",
            "sunniva",
            "Fjord Before Light",
            "Sunniva Aas",
            "Slow Water",
            "Ambient",
            ["drone", "pads", "sleep"],
            "Five in the morning in October. Nothing happens, slowly."
        )
    )
{
    private const float ChordS = 8.4f;
    private const float LengthS = 58;

    private static readonly string[] Chords =
    [
        "D3 A3 E4 F#4 C#5",
        "B2 F#3 D4 E4 A4",
        "G2 D3 B3 F#4 C#5",
        "E2 B2 G3 D4 F#4",
        "A2 E3 B3 D4 E4",
        "D2 A2 F#3 C#4 E4",
    ];

    public override Bus Render(Studio studio)
    {
        int frames = Bus.FramesIn(LengthS);
        var mix = new Mixdown(studio, frames);
        Bus pad = mix.Stem(),
            glass = mix.Stem(),
            bells = mix.Stem(),
            sea = mix.Stem(),
            ground = mix.Stem();
        Drift(pad, glass, ground);
        Ring(bells);
        Sea(sea);
        Filter.HighPass(sea, 110);

        // Two slow waves that never meet move the filter, so that no chord sounds like the last.
        Filter.Sweep(
            pad,
            0.3f,
            s => 520 * MathF.Pow(2, 1.5f + 1.1f * MathF.Sin(s * 0.19f - 1.2f) + 0.5f * MathF.Sin(s * 0.61f))
        );
        Echo.Apply(bells, 0.67f, 0.62f, 0.6f, 2600);

        mix.Add(pad, -6, 0);
        mix.Add(glass, -11, 1);
        mix.Add(bells, -7.5f, 0);
        mix.Add(ground, -11.5f);
        mix.Add(sea, -16, -8);
        return mix.Master(new Reverb(7.5f, 3600, 1.9f, 0.045f), 2.5, 6);
    }

    private static void Drift(Bus pad, Bus glass, Bus ground)
    {
        var wide = new Synth(Wave.Saw, new Envelope(3.2f, 4, 0.85f, 5.5f))
        {
            Voices = 5,
            DetuneCents = 13,
            Spread = 1,
            CutoffHz = 5200,
        };
        var thin = new Synth(Wave.Triangle, new Envelope(4, 4, 0.7f, 5))
        {
            Voices = 2,
            DetuneCents = 5,
            Spread = 0.9f,
            VibratoCents = 4,
            CutoffHz = 6000,
        };
        var low = new Synth(Wave.Sine, new Envelope(2.5f, 3, 0.9f, 4)) { Voices = 2, DetuneCents = 2 };
        for (int c = 0; c < Chords.Length; c++)
        {
            int[] chord = Pitch.Chord(Chords[c]);
            int at = Bus.FramesIn(c * ChordS),
                held = Bus.FramesIn(ChordS - 0.6);
            for (int n = 0; n < chord.Length; n++)
            {
                // The notes of a chord come in one after the other, low ones first.
                wide.Play(
                    pad,
                    at + Bus.FramesIn(0.45 * n),
                    held,
                    Pitch.Hz(chord[n]),
                    n == 0 ? 0.24f : 0.17f,
                    (n - 2) * 0.15f
                );
            }

            thin.Play(glass, at + Bus.FramesIn(2.4), held, Pitch.Hz(chord[4] + 12), 0.3f, c % 2 == 0 ? 0.3f : -0.3f);
            thin.Play(glass, at + Bus.FramesIn(3.6), held, Pitch.Hz(chord[2] + 12), 0.22f, c % 2 == 0 ? -0.4f : 0.4f);
            int root = chord[0] > Pitch.Number("B2") ? chord[0] - 12 : chord[0];
            low.Play(ground, at, held, Pitch.Hz(root), 0.5f);
        }
    }

    private static void Ring(Bus bus)
    {
        var bell = new StruckTone(3.53f, 1.3f, 1.1f, 5) { ReleaseS = 2.5f };
        var chance = new Noise(1907);
        for (float s = 5; s < LengthS - 9; s += 1.1f + 2.6f * chance.Chance())
        {
            int[] chord = Pitch.Chord(Chords[Math.Min(Chords.Length - 1, (int)(s / ChordS))]);
            int note = chord[1 + (int)(chance.Chance() * 3.99f)] + (chance.Chance() < 0.6f ? 12 : 24);
            float touch = 0.16f + 0.2f * chance.Chance(),
                place = 0.8f * chance.Next();
            bell.Play(bus, Bus.FramesIn(s), Bus.FramesIn(2.5), Pitch.Hz(note), touch, place);
            if (chance.Chance() < 0.35f)
            {
                // Sometimes another bell answers from the other shore.
                bell.Play(bus, Bus.FramesIn(s + 0.42), Bus.FramesIn(2), Pitch.Hz(chord[4] + 12), touch * 0.6f, -place);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sea(Bus bus)
    {
        var noise = new Noise(71);
        Filter left = default,
            right = default;
        float brownLeft = 0,
            brownRight = 0;
        for (int n = 0; n < bus.Frames; n++)
        {
            float s = (float)n / Bus.RateHz;
            if (n % 64 == 0)
            {
                left.Tune(380 + 420 * Swell(s, 0), 0);
                right.Tune(380 + 420 * Swell(s, 1.3f), 0);
            }

            // Between white and brown: the hiss of small waves over the weight of big ones.
            brownLeft = 0.985f * brownLeft + 0.1f * noise.Next();
            brownRight = 0.985f * brownRight + 0.1f * noise.Next();
            bus.Left[n] += left.Low(brownLeft + 0.25f * noise.Next()) * (0.25f + Swell(s, 0));
            bus.Right[n] += right.Low(brownRight + 0.25f * noise.Next()) * (0.25f + Swell(s, 1.3f));
        }
    }

    private static float Swell(float seconds, float late)
    {
        float wave = 0.5f + 0.5f * MathF.Sin(2 * MathF.PI * seconds / 7.3f - late);
        return wave * wave * (0.7f + 0.3f * MathF.Sin(seconds * 0.31f + late));
    }
}
