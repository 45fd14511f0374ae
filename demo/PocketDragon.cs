namespace Veza.Demo;

/// <summary>A chiptune for four channels: two pulses, a triangle and the noise of a shift register, at 150.</summary>
internal sealed class PocketDragon()
    : Song(
        new Credits(
            "pocket-dragon",
            "mp3",
            "ilir",
            "Pocket Dragon",
            "Ilir Dushi",
            "Two Buttons",
            "Chiptune",
            ["8-bit", "game", "150 bpm"],
            "Level three, the one with the lava. Four channels and a promise."
        )
    )
{
    private const int Intro = 2;
    private const int Bars = 28;

    private const string Tune =
        "A4:.5 C5:.5 E5:.5 A5:1 G5:.5 E5:1 | F5:.5 E5:.5 C5:1 A4:.5 C5:.5 F5:1 | E5:1 G5:.5 E5:.5 C5:1 E5:.5 "
        + "D5:.5 | D5:1.5 B4:.5 G4:1 B4:1 | "
        + "A4:.5 C5:.5 E5:.5 A5:1 G5:.5 E5:1 | F5:.5 G5:.5 A5:1 C6:1 A5:1 | B5:1 A5:.5 G5:.5 D5:1 G5:1 | G#5:1.5 "
        + "B5:.5 E5:2";

    private const string Bridge =
        "A5:2 C6:1 A5:1 | B5:2 D6:1 B5:1 | G5:1.5 B5:.5 E5:2 | A5:1 E5:1 C5:1 E5:1 | F5:1 A5:1 C6:1 F6:1 | "
        + "G6:1.5 F6:.5 D6:1 B5:1 | "
        + "E6:1 D6:1 E6:.5 D6:.5 B5:1 | C#6:2.5 A5:.5 B5:.5 C#6:.5";

    private const string Ending =
        "A4:.5 C5:.5 E5:.5 A5:1 G5:.5 E5:1 | F5:.5 E5:.5 C5:1 A4:.5 C5:.5 F5:1 | E5:1 G5:.5 E5:.5 C5:1 E5:.5 "
        + "D5:.5 | D5:1.5 B4:.5 G4:1 B4:1 | "
        + "A4:.5 C5:.5 E5:.5 A5:1 G5:.5 E5:1 | F5:.5 G5:.5 A5:1 C6:1 A5:1 | F5:.5 A5:.5 C6:.5 F6:.5 G5:.5 B5:.5 "
        + "D6:.5 G6:.5 | "
        + "A6:.25 E6:.25 C#6:.25 A5:.25 A5:3 | -:4 | -:4";

    private static readonly string[] Chords =
    [
        "A4 C5 E5",
        "A4 C5 E5",
        "A4 C5 E5",
        "A4 C5 F5",
        "G4 C5 E5",
        "G4 B4 D5",
        "A4 C5 E5",
        "A4 C5 F5",
        "G4 B4 D5",
        "G#4 B4 E5",
        "A4 C5 F5",
        "G4 B4 D5",
        "G4 B4 E5",
        "A4 C5 E5",
        "A4 C5 F5",
        "G4 B4 D5",
        "A4 D5 E5",
        "A4 C#5 E5",
        "A4 C5 E5",
        "A4 C5 F5",
        "G4 C5 E5",
        "G4 B4 D5",
        "A4 C5 E5",
        "A4 C5 F5",
        "F4 A4 C5",
        "A4 C#5 E5",
    ];

    private static readonly string[] Basses =
    [
        "A2",
        "A2",
        "A2",
        "F2",
        "C3",
        "G2",
        "A2",
        "F2",
        "G2",
        "E2",
        "F2",
        "G2",
        "E2",
        "A2",
        "F2",
        "G2",
        "A2",
        "A2",
        "A2",
        "F2",
        "C3",
        "G2",
        "A2",
        "F2",
        "F2",
        "A2",
    ];

    private readonly Tempo _tempo = new(150);

    public override Bus Render(Studio studio)
    {
        int frames = _tempo.Frame(Bars - 1);
        var mix = new Mixdown(studio, frames);
        Bus lead = mix.Stem(),
            second = mix.Stem(),
            arps = mix.Stem(),
            bass = mix.Stem(),
            drums = mix.Stem();
        Lead(lead, second);
        Arpeggio(arps);
        Bass(bass);
        Drums(drums);
        Echo.Apply(lead, _tempo.BeatS * 0.75f, 0.32f, 0.3f, 5000);

        mix.Add(lead, -6, -13);
        mix.Add(second, -7.5f, -12);
        mix.Add(arps, -9, -10);
        mix.Add(bass, -6.5f);
        mix.Add(drums, -8, -18);
        return mix.Master(new Reverb(0.9f, 6500, 0.5f, 0.01f), 0.003, 1.2);
    }

    private void Lead(Bus bus, Bus second)
    {
        Synth bright = new(Wave.Pulse, new Envelope(0.002f, 0.25f, 0.62f, 0.05f))
        {
            PulseWidth = 0.25f,
            VibratoCents = 18,
            CutoffHz = 11_000,
        };
        Synth thin = new(Wave.Pulse, new Envelope(0.002f, 0.2f, 0.5f, 0.05f))
        {
            PulseWidth = 0.125f,
            VibratoCents = 12,
            CutoffHz = 9000,
        };
        foreach (
            (string tune, int fromBar, bool pair) in ((string, int, bool)[])
                [(Tune, Intro, false), (Bridge, Intro + 8, true), (Ending, Intro + 16, true)]
        )
        {
            foreach (Note note in Phrase.Read(tune))
            {
                float beat = fromBar * 4 + note.Beat;
                int at = _tempo.Frame(0, beat),
                    held = _tempo.Held(beat, note.Beats * 0.9f);
                bright.Play(bus, at, held, note.Hz, 0.36f, 0.08f);
                if (pair && note.Beats >= 0.5f)
                    thin.Play(second, at, held, Pitch.Hz(Below(note.Number, (int)(beat / 4))), 0.34f, -0.65f);
            }
        }
    }

    /// <summary>One channel playing a chord: its notes in turn, fifty a second.</summary>
    private void Arpeggio(Bus bus)
    {
        const float NoteS = 0.025f;
        var pulse = new Synth(Wave.Pulse, new Envelope(0.001f, 0.02f, 1, 0.006f)) { CutoffHz = 8000 };
        for (int bar = 0; bar < Chords.Length; bar++)
        {
            int[] chord = Pitch.Chord(Chords[bar]);
            bool last = bar == Chords.Length - 1;
            for (int eighth = 0; eighth < 8; eighth++)
            {
                int[] notes = bar == Chords.Length - 2 && eighth >= 4 ? Pitch.Chord("G4 B4 D5") : chord;
                int at = _tempo.Frame(bar, eighth / 2f),
                    step = Bus.FramesIn(NoteS);
                float accent = eighth is 0 or 3 or 6 ? 1 : 0.62f,
                    swell = bar < Intro ? (bar * 8 + eighth + 2) / 17f : 1;
                for (int n = 0; n < 7; n++)
                {
                    float level = 0.4f * accent * swell * (1 - n / 8f) * (last ? 1 - eighth / 8f : 1);
                    pulse.Play(
                        bus,
                        at + n * step,
                        step - 60,
                        Pitch.Hz(notes[n % 3]),
                        level,
                        eighth % 2 == 0 ? 0.85f : -0.85f
                    );
                }
            }
        }
    }

    private void Bass(Bus bus)
    {
        var triangle = new Synth(Wave.Triangle, new Envelope(0.002f, 0.1f, 0.9f, 0.03f)) { CutoffHz = 6000 };
        int[] steps = [0, 0, 12, 0, 0, 12, 7, 12];
        for (int bar = 1; bar < Basses.Length; bar++)
        {
            int root = Pitch.Number(Basses[bar]);
            bool last = bar == Basses.Length - 1;
            for (int eighth = 0; eighth < (last ? 1 : 8); eighth++)
            {
                int note = bar == Basses.Length - 2 && eighth >= 4 ? Pitch.Number("G2") : root;
                int held = _tempo.Held(0, last ? 3.5f : 0.42f);
                triangle.Play(bus, _tempo.Frame(bar, eighth / 2f), held, Pitch.Hz(note + steps[eighth]), 0.55f);
            }
        }
    }

    private void Drums(Bus bus)
    {
        var chip = new ChipNoise(bus);
        var thump = new Synth(Wave.Triangle, new Envelope(0.001f, 0.06f, 0, 0.03f)) { SweepOctaves = 0 };
        for (int bar = Intro; bar < Intro + 23; bar++)
        {
            for (int step = 0; step < 16; step++)
            {
                int at = _tempo.Frame(bar, step / 4f);
                bool fill = (bar - Intro) % 8 == 7 && step >= 12;
                if (step is 0 or 6 or 8 || (step == 14 && bar % 2 == 1))
                {
                    chip.Strike(at, 0.55f, 9000, 700, 0.09f);
                    thump.Play(bus, at, Bus.FramesIn(0.09), 62, 0.9f);
                }

                if (step is 4 or 12 || fill)
                    chip.Strike(at, 0.62f, 24_000, 14_000, 0.16f, fill ? (step - 13.5f) / 3 : 0);
                if (step % 2 == 0)
                    chip.Strike(at, step % 4 == 2 ? 0.3f : 0.18f, 200_000, 200_000, 0.035f, 0.3f);
            }
        }

        chip.Strike(_tempo.Frame(Intro + 23), 0.6f, 26_000, 3000, 1.3f);
    }

    /// <summary>The nearest chord note at least a minor third below.</summary>
    private static int Below(int note, int bar)
    {
        int[] classes = [.. Pitch.Chord(Chords[Math.Min(bar, Chords.Length - 1)]).Select(n => n % 12)];
        int below = note - 3;
        while (!classes.Contains(below % 12))
            below--;

        return below;
    }
}
