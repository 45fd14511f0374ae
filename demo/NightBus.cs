namespace Veza.Demo;

/// <summary>
/// A lo-fi hip-hop beat in E flat at 79: worn electric piano, a lazy snare, the record left running. Made for the tour
/// of the README.
/// </summary>
internal sealed class NightBus()
    : Song(
        new Credits(
            "night-bus",
            "wav",
            null,
            "Night Bus",
            "Mira",
            "Last Stop",
            "Lo-fi",
            ["lo-fi", "hip-hop", "beats"],
            "Rain on the window, line 26, nobody talks."
        )
    )
{
    private const int Bars = 13;

    private static readonly int[][] Chords =
    [
        Pitch.Chord("Ab3 C4 Eb4 G4"),
        Pitch.Chord("Ab3 C4 D4 G4"),
        Pitch.Chord("G3 Bb3 D4 F4"),
        Pitch.Chord("G3 Bb3 D4 Eb4"),
    ];

    private static readonly int[] Roots =
    [
        Pitch.Number("F2"),
        Pitch.Number("Bb1"),
        Pitch.Number("Eb2"),
        Pitch.Number("C2"),
    ];

    private readonly Tempo _tempo = new(79, Swing: 0.24f);

    public override Bus Render(Studio studio)
    {
        int frames = _tempo.Frame(Bars) + Bus.FramesIn(1.6);
        var mix = new Mixdown(studio, frames);
        Bus keys = mix.Stem(),
            lead = mix.Stem(),
            bass = mix.Stem(),
            drums = mix.Stem(),
            kick = mix.Stem(),
            record = mix.Stem();
        List<int> kicks = Beat(kick, drums);
        Keys(keys);
        Lead(lead);
        Bass(bass);
        WornTape.Crackle(record, 26, 9, 0.012f);

        Tremolo(keys);
        WornTape.Wobble(keys, 1.1f, 0.045f);
        WornTape.Wobble(lead, 1.3f, 0.05f);
        WornTape.Saturate(keys, 1.6f);
        // At first the piano comes from another room; with the beat the door opens.
        Filter.Sweep(keys, 0, s => 700 * MathF.Pow(2, 2.1f * Math.Clamp((s - 3) / 4, 0, 1)));
        Filter.LowPass(lead, 3400);
        Filter.LowPass(drums, 7200);
        Ducking.Apply(keys, kicks, 0.35f, 0.28f);
        Ducking.Apply(record, kicks, 0.5f, 0.3f);
        Echo.Apply(lead, _tempo.BeatS * 0.75f, 0.35f, 0.25f, 1800);

        mix.Add(keys, -5, -7);
        mix.Add(lead, -1.5f, -5);
        mix.Add(bass, -6.5f);
        mix.Add(kick, -4.5f);
        mix.Add(drums, 0, -15);
        mix.Add(record, -1);
        return mix.Master(new Reverb(1.6f, 3000, 0.8f, 0.02f), 0.4, 2.2);
    }

    private List<int> Beat(Bus kick, Bus bus)
    {
        DrumKit deep = new(kick, 13),
            kit = new(bus, 17);
        var hand = new Noise(19);
        var kicks = new List<int>();
        int late = Bus.FramesIn(0.016);
        for (int bar = 2; bar < Bars - 1; bar++)
        {
            foreach (float beat in (float[])(bar % 2 == 0 ? [0, 1.75f, 2.5f] : [0, 0.75f, 2.5f, 3.75f]))
            {
                int at = _tempo.Frame(bar, beat) + hand.Sway(3);
                kicks.Add(at);
                deep.Kick(at, beat % 1 == 0.75f ? 0.62f : 0.9f, 54, 0.26f, 0.18f);
            }

            kit.Snare(_tempo.Frame(bar, 1) + late + hand.Sway(3), 0.62f, 176, 0.24f, 1900, -0.06f);
            kit.Snare(_tempo.Frame(bar, 3) + late + hand.Sway(3), 0.66f, 176, 0.24f, 1900, -0.06f);
            if (bar % 4 == 1)
            {
                kit.Snare(_tempo.Frame(bar, 3.75f) + late, 0.2f, 182, 0.14f, 1900, -0.06f);
                kit.Hat(_tempo.Frame(bar, 3.5f), 0.4f, 0.3f, 0.28f);
            }

            for (int eighth = 0; eighth < 8; eighth++)
            {
                float touch = (eighth % 2 == 0 ? 0.46f : 0.3f) + 0.08f * hand.Next();
                kit.Hat(
                    _tempo.Frame(bar, eighth / 2f) + late / 2 + hand.Sway(5),
                    touch,
                    0.06f + 0.02f * hand.Chance(),
                    0.28f
                );
                if (hand.Chance() < 0.22f)
                    kit.Hat(_tempo.Frame(bar, eighth / 2f + 0.25f) + hand.Sway(4), 0.16f, 0.05f, 0.28f);
            }

            kit.Rim(_tempo.Frame(bar, 2.25f) + hand.Sway(4), 0.13f, -0.5f);
        }

        return kicks;
    }

    private void Keys(Bus bus)
    {
        var piano = new StruckTone(1, 1.7f, 1.3f, 4.5f) { Ding = 0.5f, ReleaseS = 0.3f };
        var hand = new Noise(31);
        for (int bar = 0; bar < Bars; bar++)
        {
            bool last = bar == Bars - 1;
            int[] chord = last ? Pitch.Chord("G3 Bb3 D4 F4 G4") : Chords[bar % 4];
            (float, float, float)[] strokes = last
                ? [(0, 4.6f, 0.55f)]
                : [(0, 1.6f, 0.55f), (1.75f, 0.5f, 0.36f), (2.5f, 1.4f, 0.46f)];
            foreach ((float beat, float beats, float touch) in strokes)
            {
                for (int n = 0; n < chord.Length; n++)
                {
                    int at = _tempo.Frame(bar, beat) + Bus.FramesIn(0.009 * n + 0.008) + hand.Sway(4);
                    piano.Play(
                        bus,
                        at,
                        _tempo.Held(bar * 4 + beat, beats),
                        Pitch.Hz(chord[n]),
                        touch * (0.62f + 0.06f * hand.Next()),
                        -0.5f + 0.3f * n
                    );
                }
            }
        }
    }

    private void Lead(Bus bus)
    {
        var nylon = new PluckedString(37)
        {
            DecayS = 2,
            Damping = 0.42f,
            PickPlace = 0.25f,
            Scrape = 0.15f,
        };
        Note[] tune = Phrase.Read(
            "-:.5 C5:.5 Eb5:.75 G5:1.25 F5:1 | D5:1.5 C5:.5 -:.5 Bb4:.5 C5:1 | G4:1 Bb4:.75 D5:1.25 -:1 | "
                + "Eb5:.5 D5:.5 Bb4:1 G4:2 | "
                + "-:.5 C5:.5 Eb5:.75 G5:1.25 Ab5:1 | G5:1.5 F5:.5 -:.5 D5:.5 C5:1 | Bb4:1 D5:.75 F5:1.25 -:1 | "
                + "Eb5:.5 D5:.5 Bb4:1 C5:2 | Bb4:4"
        );
        var hand = new Noise(41);
        foreach (Note note in tune)
        {
            float beat = 16 + note.Beat;
            nylon.Play(
                bus,
                _tempo.Frame(0, beat) + hand.Sway(8) + 400,
                _tempo.Held(beat, note.Beats * 0.95f),
                note.Hz,
                0.62f + 0.1f * hand.Next(),
                0.22f
            );
        }
    }

    private void Bass(Bus bus)
    {
        var amp = new Envelope(0.008f, 0.9f, 0.4f, 0.09f);
        var upright = new Synth(Wave.Triangle, amp)
        {
            CutoffHz = 260,
            SweepOctaves = 1.6f,
            Sweep = new Envelope(0.004f, 0.16f, 0, 0.1f),
        };
        for (int bar = 2; bar < Bars; bar++)
        {
            bool last = bar == Bars - 1;
            int root = last ? Pitch.Number("Eb2") : Roots[bar % 4];
            int next = bar + 2 >= Bars ? Pitch.Number("Eb2") : Roots[(bar + 1) % 4];
            (float, float, int)[] line = last
                ? [(0, 5.5f, root)]
                : [(0, 1.3f, root), (1.75f, 0.6f, root), (2.5f, 0.9f, root + 7), (3.5f, 0.45f, next + 1)];
            foreach ((float beat, float beats, int note) in line)
                upright.Play(
                    bus,
                    _tempo.Frame(bar, beat) + 300,
                    _tempo.Held(bar * 4 + beat, beats),
                    Pitch.Hz(note),
                    0.62f
                );
        }
    }

    private static void Tremolo(Bus bus)
    {
        for (int n = 0; n < bus.Frames; n++)
        {
            float wave = 0.36f * Oscillator.Sine(n * 3.7f / Bus.RateHz);
            bus.Left[n] *= 1 + wave;
            bus.Right[n] *= 1 - wave;
        }
    }
}
