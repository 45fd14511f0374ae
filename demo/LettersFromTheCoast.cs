using System.Runtime.CompilerServices;

namespace Veza.Demo;

/// <summary>A ballad for two nylon guitars in G, at walking pace, with strings that come in late.</summary>
internal sealed class LettersFromTheCoast()
    : Song(
        new Credits(
            "letters-from-the-coast",
            "flac",
            "ana",
            "Letters from the Coast",
            "Ana Lukić",
            "Salt Rooms",
            "Acoustic",
            ["guitar", "ballad", "fingerstyle"],
            "Two guitars, one evening, the windows open. Standard tuning, capo nowhere."
        )
    )
{
    private const int Bars = 17;
    private const float Melody = 8;

    // Five strings a bar, low to high; the thumb takes the first and the third beat.
    private static readonly string[] Chords =
    [
        "G2 D3 G3 B3 D4",
        "C3 G3 D4 E4 G4",
        "G2 D3 G3 B3 D4",
        "F#2 D3 A3 D4 F#4",
        "E2 B2 G3 B3 D4",
        "C3 G3 C4 E4 G4",
        "G2 D3 G3 B3 D4",
        "F#2 D3 A3 D4 F#4",
        "A2 E3 G3 C4 E4",
        "D3 A3 D4 G4 A4",
        "C3 G3 C4 E4 G4",
        "D3 A3 D4 F#4 A4",
        "B2 F#3 A3 D4 F#4",
        "E2 B2 G3 B3 D4",
        "A2 E3 G3 C4 E4",
        "D3 A3 D4 F#4 A4",
        "G2 D3 G3 B3 D4",
    ];

    private static readonly int Tonic = Pitch.Number("G2");
    private static readonly int[] Major = [0, 2, 4, 5, 7, 9, 11];
    private static readonly int[] Fingers = [0, 2, 3, 4, 1, 3, 2, 3];

    private readonly Tempo _tempo = new(77, SlowFromBeat: 60, SlowBy: 0.02f);

    public override Bus Render(Studio studio)
    {
        int frames = _tempo.Frame(Bars) + Bus.FramesIn(3);
        var mix = new Mixdown(studio, frames);
        Bus guitar = mix.Stem(),
            lead = mix.Stem(),
            strings = mix.Stem(),
            bass = mix.Stem();
        Accompany(guitar);
        Sing(lead);
        Bow(strings);
        Ground(bass);

        mix.Add(Body(guitar), -3.5f, -9);
        mix.Add(Body(lead), 0.5f, -5);
        mix.Add(strings, -10, -2);
        mix.Add(bass, -10.5f);
        return mix.Master(new Reverb(2.4f, 4200, 0.9f, 0.028f), 0.02, 2.8);
    }

    private void Accompany(Bus bus)
    {
        var hand = new Noise(7);
        var thumb = new PluckedString(11)
        {
            DecayS = 4.2f,
            Damping = 0.38f,
            PickPlace = 0.22f,
            Scrape = 0.22f,
        };
        for (int bar = 0; bar < Bars - 1; bar++)
        {
            int[] chord = Pitch.Chord(Chords[bar]);
            for (int step = 0; step < Fingers.Length; step++)
            {
                int finger = Fingers[step];
                int note =
                    bar == 9 && step >= 4 && chord[finger] == Pitch.Number("G4") ? chord[finger] - 1 : chord[finger];
                float beat = step / 2f,
                    touch = (step % 4 == 0 ? 0.66f : 0.47f) + 0.07f * hand.Next() + (bar >= 10 ? 0.1f : 0);
                int held = _tempo.Held(bar * 4 + beat, finger < 2 ? 2.4f : 1.6f);
                thumb.Play(
                    bus,
                    Math.Max(0, _tempo.Frame(bar, beat) + hand.Sway(7)),
                    held,
                    Pitch.Hz(note),
                    touch,
                    -0.7f + 0.13f * finger
                );
            }
        }

        // The last chord is strummed slowly and left to ring.
        var open = new PluckedString(13)
        {
            DecayS = 9,
            Damping = 0.3f,
            PickPlace = 0.24f,
            Scrape = 0.16f,
        };
        int[] last = Pitch.Chord("G2 B2 D3 G3 B3 D4 G4");
        for (int n = 0; n < last.Length; n++)
            open.Play(
                bus,
                _tempo.Frame(Bars - 1) + Bus.FramesIn(0.055 * n),
                Bus.FramesIn(8),
                Pitch.Hz(last[n]),
                0.62f,
                -0.6f + 0.14f * n
            );
    }

    private void Sing(Bus bus)
    {
        Note[] verse = Phrase.Read(
            "B4:1.5 A4:.5 G4:1 D5:1 | A4:2.5 A4:.5 B4:.5 A4:.5 | G4:1.5 A4:.5 B4:1 E4:1 | E4:1 G4:3 | "
                + "B4:1.5 A4:.5 G4:1 D5:1 | D5:.5 C5:.5 A4:3 | C5:1.5 B4:.5 A4:1 G4:1 | A4:1 G4:1 F#4:2 | "
                + "E5:1.5 D5:.5 E5:1 G5:1 | F#5:2 D5:1 A4:1 | D5:1.5 B4:.5 D5:1 F#5:1 | E5:2 B4:1 G4:1 | "
                + "C5:1.5 D5:.5 E5:1 C5:1 | D5:1 C5:1 A4:1 F#4:1 | G4:4"
        );
        var hand = new Noise(23);
        var nylon = new PluckedString(29)
        {
            DecayS = 3.6f,
            Damping = 0.3f,
            PickPlace = 0.16f,
            Scrape = 0.18f,
        };
        foreach (Note note in verse)
        {
            float beat = note.Beat + Melody;
            int at = _tempo.Frame(0, beat) + Bus.FramesIn(0.012) + hand.Sway(6);
            nylon.Play(bus, at, _tempo.Held(beat, note.Beats + 0.35f), note.Hz, 0.78f + 0.08f * hand.Next(), 0.38f);
            if (note.Beat >= 32 && note.Beats >= 2)
            {
                // In the chorus the long notes get a sixth below.
                nylon.Play(
                    bus,
                    at + Bus.FramesIn(0.02),
                    _tempo.Held(beat, note.Beats),
                    Pitch.Hz(Pitch.Step(note.Number, Tonic, Major, -5)),
                    0.5f,
                    0.2f
                );
            }
        }
    }

    private void Bow(Bus bus)
    {
        var section = new Synth(Wave.Saw, new Envelope(0.7f, 1, 0.85f, 1.3f))
        {
            Voices = 4,
            DetuneCents = 9,
            Spread = 1,
            CutoffHz = 620,
            SweepOctaves = 1.1f,
            Sweep = new Envelope(1.4f, 2, 0.6f, 1),
            VibratoCents = 5,
        };
        for (int bar = 6; bar < Bars; bar++)
        {
            int[] chord = Pitch.Chord(Chords[bar]);
            float swell = bar < 10 ? 0.5f : 1;
            foreach (int note in chord[2..4])
                section.Play(
                    bus,
                    _tempo.Frame(bar),
                    _tempo.Held(bar * 4, bar == Bars - 1 ? 4.6f : 3.9f),
                    Pitch.Hz(note),
                    0.16f * swell
                );
        }
    }

    private void Ground(Bus bus)
    {
        Envelope amp = new(0.012f, 1.6f, 0.35f, 0.25f),
            sweep = new(0.005f, 0.3f, 0, 0.2f);
        var upright = new Synth(Wave.Triangle, amp)
        {
            CutoffHz = 420,
            SweepOctaves = 1,
            Sweep = sweep,
        };
        for (int bar = 6; bar < Bars; bar++)
        {
            int root = Pitch.Chord(Chords[bar])[0];
            float hz = Pitch.Hz(root > Pitch.Number("B2") ? root - 12 : root);
            upright.Play(bus, _tempo.Frame(bar), _tempo.Held(bar * 4, bar == Bars - 1 ? 4 : 1.9f), hz, 0.5f);
            if (bar < Bars - 1)
                upright.Play(bus, _tempo.Frame(bar, 2.5f), _tempo.Held(bar * 4 + 2.5f, 1.4f), hz, 0.36f);
        }
    }

    /// <summary>The wood of the guitar: the air of the body and two plates, mixed under the strings.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Bus Body(Bus bus)
    {
        Filter[] wood =
        [
            new(104, 0.86f),
            new(104, 0.86f),
            new(212, 0.88f),
            new(212, 0.88f),
            new(405, 0.8f),
            new(405, 0.8f),
        ];
        for (int n = 0; n < bus.Frames; n++)
        {
            float l = bus.Left[n],
                r = bus.Right[n];
            bus.Left[n] = l + 0.5f * wood[0].Band(l) + 0.6f * wood[2].Band(l) + 0.35f * wood[4].Band(l);
            bus.Right[n] = r + 0.5f * wood[1].Band(r) + 0.6f * wood[3].Band(r) + 0.35f * wood[5].Band(r);
        }

        return bus;
    }
}
