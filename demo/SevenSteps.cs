namespace Veza.Demo;

/// <summary>
/// A dance in seven (3+2+2) in D hijaz: tambura, bass strings, goblet drum and tapan, a reed that joins for the last
/// round.
/// </summary>
internal sealed class SevenSteps()
    : Song(
        new Credits(
            "seven-steps",
            "wav",
            "ilir",
            "Shtatë Hapa (Seven Steps)",
            "Ilir Dushi",
            "Kalldrëm",
            "Folk",
            ["balkan", "7/8", "dance"],
            "Long, short, short. Count it with your feet, not with your fingers."
        )
    )
{
    private const float Bar = 7;
    private const int Intro = 4;

    private const string First =
        "D5:1 Eb5:1 F#5:1 G5:1 F#5:1 Eb5:1 D5:1 | F#5:1 G5:1 A5:1 Bb5:1 A5:.5 Bb5:.5 A5:1 G5:1 | "
        + "G5:2 F#5:1 Eb5:1 C5:1 Eb5:1 F#5:1 | Eb5:1 D5:2 D5:1 A4:1 D5:2 | "
        + "D5:1 Eb5:1 F#5:1 G5:1 F#5:1 Eb5:1 D5:1 | F#5:1 G5:1 A5:1 Bb5:1 A5:.5 Bb5:.5 A5:1 C6:1 | "
        + "Bb5:1 A5:1 G5:1 F#5:1 Eb5:.5 F#5:.5 G5:1 Eb5:1 | D5:3 D5:2 D5:2";
    private const string Second =
        "Bb5:2 A5:1 G5:1 A5:1 Bb5:1 C6:1 | D6:3 C6:1 Bb5:1 A5:1 Bb5:1 | C6:2 Bb5:1 A5:1 G5:1 F#5:1 G5:1 | A5:3 "
        + "F#5:2 A5:2 | "
        + "Bb5:2 A5:1 G5:1 A5:1 Bb5:1 C6:1 | D6:1 Eb6:1 D6:1 C6:1 Bb5:1 A5:1 G5:1 | Eb5:1 F#5:1 G5:1 F#5:1 Eb5:1 "
        + "F#5:.5 Eb5:.5 C5:1 | D5:3 D5:2 D5:2";
    private const string Coda =
        "D5:.5 Eb5:.5 F#5:.5 G5:.5 A5:1 Bb5:1 A5:1 G5:1 F#5:1 | G5:.5 A5:.5 Bb5:.5 C6:.5 D6:1 C6:1 Bb5:1 A5:1 G5:1 | "
        + "F#5:1 Eb5:1 F#5:1 G5:1 F#5:1 Eb5:1 C5:1 | D5:3 A4:2 D5:2 | D5:7";

    private static readonly int Tonic = Pitch.Number("D2");
    private static readonly int[] Hijaz = [0, 1, 4, 5, 7, 8, 10];
    private static readonly string[] FirstChords = ["D", "D", "Cm", "D", "D", "D", "Cm", "D"];
    private static readonly string[] SecondChords = ["Gm", "Gm", "Cm", "D", "Gm", "Gm", "Cm", "D"];

    private readonly Tempo _tempo = new(288, Bar);

    public override Bus Render(Studio studio)
    {
        string[] chords =
        [
            "D",
            "D",
            "Cm",
            "D",
            .. FirstChords,
            .. SecondChords,
            .. FirstChords,
            "D",
            "Gm",
            "Cm",
            "D",
            "D",
        ];
        int frames = _tempo.Frame(chords.Length) + Bus.FramesIn(0.9);
        var mix = new Mixdown(studio, frames);
        Bus lead = mix.Stem(),
            rhythm = mix.Stem(),
            bass = mix.Stem(),
            drums = mix.Stem(),
            reed = mix.Stem();
        Tambura(lead, First, Intro, harmony: false);
        Tambura(lead, Second, Intro + 8, harmony: false);
        Tambura(lead, First, Intro + 16, harmony: true);
        Tambura(lead, Coda, Intro + 24, harmony: true);
        Chop(rhythm, bass, chords);
        Drums(drums, chords.Length - 1);
        Reed(reed);

        mix.Add(lead, -5, -5);
        mix.Add(rhythm, -4, -6);
        mix.Add(bass, -1.5f);
        mix.Add(drums, -3, -11);
        mix.Add(reed, -9.5f, -5);
        return mix.Master(new Reverb(1.3f, 5600, 0.62f, 0.012f), 0.005, 1.4);
    }

    private void Tambura(Bus bus, string tune, int fromBar, bool harmony)
    {
        // Paired strings a few cents apart give the shimmer; long notes are picked fast, up and down.
        var course = new PluckedString((uint)(fromBar + 31))
        {
            DecayS = 1.5f,
            Damping = 0.12f,
            PickPlace = 0.11f,
            Scrape = 0.3f,
        };
        var hand = new Noise((uint)fromBar + 5);
        foreach (Note note in Phrase.Read(tune, Bar))
        {
            bool last = note.Beats >= Bar;
            float stroke = note.Beats >= 2 && !last ? 0.5f : note.Beats;
            for (float t = 0; t < note.Beats; t += stroke)
            {
                float beat = fromBar * Bar + note.Beat + t;
                int at = _tempo.Frame(0, beat) + Bus.FramesIn(0.004) + hand.Sway(3);
                float touch = (t == 0 ? 0.85f : 0.5f + 0.12f * (t / note.Beats)) + 0.06f * hand.Next();
                int held = last ? Bus.FramesIn(1.4) : _tempo.Held(beat, stroke + 0.3f);
                course.Play(bus, at, held, note.Hz * 1.0012f, touch, 0.05f);
                course.Play(bus, at + Bus.FramesIn(0.004), held, note.Hz * 0.9988f, touch * 0.9f, 0.5f);
                if (harmony)
                    course.Play(
                        bus,
                        at + Bus.FramesIn(0.006),
                        held,
                        Pitch.Hz(Pitch.Step(note.Number, Tonic, Hijaz, -2)),
                        touch * 0.62f,
                        -0.6f
                    );
            }
        }
    }

    private void Chop(Bus bus, Bus low, string[] chords)
    {
        var strings = new PluckedString(61)
        {
            DecayS = 0.9f,
            Damping = 0.22f,
            PickPlace = 0.15f,
            Scrape = 0.45f,
        };
        var thick = new PluckedString(67)
        {
            DecayS = 1.8f,
            Damping = 0.45f,
            PickPlace = 0.3f,
            Scrape = 0.15f,
        };
        var hand = new Noise(71);
        for (int bar = 2; bar < chords.Length; bar++)
        {
            (int root, int[] notes) = Harmony(chords[bar]);
            bool last = bar == chords.Length - 1;
            foreach (
                (float beat, float touch) in last
                    ? [(0f, 0.8f)]
                    : ((float, float)[])[(2, 0.35f), (3, 0.7f), (5, 0.7f), (6, 0.4f)]
            )
            {
                for (int s = 0; s < notes.Length; s++)
                {
                    int at = _tempo.Frame(bar, beat) + Bus.FramesIn(0.006 * s) + hand.Sway(2);
                    strings.Play(
                        bus,
                        at,
                        last ? Bus.FramesIn(1.2) : _tempo.Held(0, 0.55f),
                        Pitch.Hz(notes[s]),
                        touch,
                        -0.8f + 0.1f * s
                    );
                }
            }

            thick.Play(
                low,
                _tempo.Frame(bar),
                last ? Bus.FramesIn(1.6) : _tempo.Held(0, 2.6f),
                Pitch.Hz(root),
                0.9f,
                0
            );
            if (last)
                break;
            thick.Play(low, _tempo.Frame(bar, 3), _tempo.Held(0, 1.7f), Pitch.Hz(root + 7), 0.6f, 0);
            thick.Play(low, _tempo.Frame(bar, 5), _tempo.Held(0, 1.7f), Pitch.Hz(root), 0.7f, 0);
        }
    }

    private void Drums(Bus bus, int bars)
    {
        HandDrum skin = new(bus, 83);
        DrumKit kit = new(bus, 89);
        Noise hand = new(97);
        for (int bar = 0; bar < bars; bar++)
        {
            skin.Doum(_tempo.Frame(bar), 0.95f, 0);
            foreach (
                (float beat, float touch) in ((float, float)[])
                    [(1, 0.18f), (2, 0.4f), (4, 0.3f), (4.5f, 0.16f), (6, 0.42f), (6.5f, 0.2f)]
            )
                skin.Ka(_tempo.Frame(bar, beat) + hand.Sway(2), touch, 0.25f);
            skin.Tek(_tempo.Frame(bar, 3), 0.6f, -0.2f);
            skin.Tek(_tempo.Frame(bar, 5), 0.66f, -0.2f);
            // Every fourth bar turns the corner.
            if (bar % 4 == 3)
                skin.Doum(_tempo.Frame(bar, 5), 0.6f, 0);
            if (bar % 4 == 3)
                skin.Tek(_tempo.Frame(bar, 5.5f), 0.45f, -0.2f);
            for (int step = 0; step < 7 && bar >= Intro + 8; step++)
                kit.Shaker(_tempo.Frame(bar, step) + hand.Sway(2), step is 0 or 3 or 5 ? 0.5f : 0.28f, -0.6f);
        }

        skin.Doum(_tempo.Frame(bars), 1, 0);
        skin.Tek(_tempo.Frame(bars), 0.6f, -0.2f);
    }

    private void Reed(Bus bus)
    {
        Envelope amp = new(0.03f, 0.2f, 0.8f, 0.07f),
            sweep = new(0.05f, 0.3f, 0.5f, 0.1f);
        var zurla = new Synth(Wave.Pulse, amp)
        {
            PulseWidth = 0.3f,
            CutoffHz = 1900,
            Resonance = 0.3f,
            SweepOctaves = 0.7f,
            Sweep = sweep,
            VibratoCents = 16,
        };
        var drone = new Synth(Wave.Saw, new Envelope(0.4f, 1, 0.9f, 0.5f))
        {
            Voices = 3,
            DetuneCents = 6,
            Spread = 0.8f,
            CutoffHz = 700,
        };
        foreach (
            (string tune, int fromBar, float level) in ((string, int, float)[])
                [(Second, Intro + 8, 0.22f), (First, Intro + 16, 0.3f)]
        )
        {
            foreach (Note note in Phrase.Read(tune, Bar))
            {
                float beat = fromBar * Bar + note.Beat;
                zurla.Play(
                    bus,
                    _tempo.Frame(0, beat),
                    _tempo.Held(beat, note.Beats * 0.94f),
                    note.Hz / 2,
                    level,
                    -0.25f
                );
            }
        }

        foreach (int note in Pitch.Chord("D3 A3"))
        {
            drone.Play(bus, 0, _tempo.Frame(Intro) - Bus.FramesIn(0.2), Pitch.Hz(note), 0.3f);
            drone.Play(bus, _tempo.Frame(Intro + 24), _tempo.Held(0, 4 * Bar), Pitch.Hz(note), 0.3f);
        }
    }

    private static (int Root, int[] Notes) Harmony(string chord) =>
        chord switch
        {
            "Gm" => (Pitch.Number("G2"), Pitch.Chord("G3 Bb3 D4 G4")),
            "Cm" => (Pitch.Number("C2"), Pitch.Chord("G3 C4 Eb4 G4")),
            _ => (Pitch.Number("D2"), Pitch.Chord("F#3 A3 D4 F#4")),
        };
}
