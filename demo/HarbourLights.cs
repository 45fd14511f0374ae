namespace Veza.Demo;

/// <summary>
/// Deep house in F minor, 121 beats a minute: a filter opens, the floor fills, a breakdown, and home.
/// </summary>
internal sealed class HarbourLights()
    : Song(
        new Credits(
            "harbour-lights",
            "wav",
            "ana",
            "Harbour Lights",
            "Ana Lukić",
            "Ferry Lines",
            "House",
            ["deep house", "club", "121 bpm"],
            "Made for the last ferry: warm chords, a round kick, no hurry."
        )
    )
{
    private const int Bars = 24;
    private const int BreakFrom = 13;
    private const int BreakTo = 16;

    private static readonly int[][] Chords =
    [
        Pitch.Chord("Ab3 C4 Eb4 G4"),
        Pitch.Chord("Ab3 C4 Eb4 F4"),
        Pitch.Chord("Ab3 C4 Db4 F4"),
        Pitch.Chord("G3 Bb3 C4 Eb4"),
    ];

    private static readonly int[] Roots =
    [
        Pitch.Number("F1"),
        Pitch.Number("Db2"),
        Pitch.Number("Bb1"),
        Pitch.Number("C2"),
    ];

    private readonly Tempo _tempo = new(121, Swing: 0.08f);
    private readonly List<int> _kicks = [];

    public override Bus Render(Studio studio)
    {
        _kicks.Clear();
        int frames = _tempo.Frame(Bars) + Bus.FramesIn(3.4);
        var mix = new Mixdown(studio, frames);
        Bus kick = mix.Stem(),
            drums = mix.Stem(),
            bass = mix.Stem(),
            chords = mix.Stem(),
            pad = mix.Stem(),
            lead = mix.Stem(),
            rise = mix.Stem();
        Beat(kick, drums);
        Bass(bass);
        Stab(chords);
        Breathe(pad);
        Sing(lead);
        NoiseRise.Play(rise, _tempo.Frame(BreakFrom + 1), _tempo.Frame(BreakTo), 77);

        Filter.Sweep(chords, 0.25f, Opening);
        Ducking.Apply(chords, _kicks, 0.62f, 0.3f);
        Echo.Apply(chords, _tempo.BeatS * 0.75f, 0.42f, 0.3f, 2400);
        Ducking.Apply(bass, _kicks, 0.75f, 0.2f);
        Ducking.Apply(pad, _kicks, 0.7f, 0.38f);
        Echo.Apply(lead, _tempo.BeatS * 0.75f, 0.5f, 0.42f, 3000);

        mix.Add(kick, -4.5f);
        mix.Add(drums, -1, -15);
        mix.Add(bass, -6.5f);
        mix.Add(chords, -6, -5);
        mix.Add(pad, -10.5f, -5);
        mix.Add(lead, -8, -4);
        mix.Add(rise, -14, -6);
        return mix.Master(new Reverb(2.2f, 5200, 1, 0.02f), 0.005, 2.6);
    }

    private static bool Broken(int bar) => bar is >= BreakFrom - 1 and < BreakTo;

    private void Beat(Bus kick, Bus bus)
    {
        DrumKit deep = new(kick, 3),
            kit = new(bus, 5);
        var hand = new Noise(8);
        for (int bar = 0; bar < Bars; bar++)
        {
            for (int beat = 0; beat < 4 && !Broken(bar); beat++)
            {
                int at = _tempo.Frame(bar, beat);
                _kicks.Add(at);
                deep.Kick(at, 0.9f, 48);
                if (bar >= 4 && beat % 2 == 1)
                    kit.Clap(at, 0.42f);
                if (bar >= 2)
                    kit.Hat(_tempo.Frame(bar, beat + 0.5f), 0.5f, bar >= 8 ? 0.22f : 0.07f, 0.3f);
            }

            for (int step = 0; step < 16 && bar >= 4 && bar < Bars - 2; step++)
            {
                float accent =
                    step % 4 == 2 ? 0.5f
                    : step % 2 == 0 ? 0.32f
                    : 0.2f;
                kit.Shaker(
                    _tempo.Frame(bar, step / 4f) + hand.Sway(2),
                    accent * (Broken(bar) ? 0.6f : 1),
                    step % 2 == 0 ? -0.7f : 0.7f
                );
                if (bar >= 8 && !Broken(bar) && step is 3 or 7 or 10)
                    kit.Rim(_tempo.Frame(bar, step / 4f), 0.16f, 0.55f);
            }
        }

        // A roll leads out of the breakdown.
        for (int step = 0; step < 16; step++)
            kit.Snare(_tempo.Frame(BreakTo - 1, step / 4f), 0.05f + 0.016f * step, 205, 0.12f);
    }

    private void Bass(Bus bus)
    {
        Envelope amp = new(0.004f, 0.25f, 0.75f, 0.06f),
            sweep = new(0.003f, 0.2f, 0.12f, 0.08f);
        var round = new Synth(Wave.Saw, amp)
        {
            CutoffHz = 150,
            SweepOctaves = 2.3f,
            Resonance = 0.25f,
            Sweep = sweep,
        };
        (float Beat, float Beats, int Step)[] groove =
        [
            (0.5f, 0.35f, 0),
            (0.75f, 0.6f, 0),
            (1.5f, 0.4f, 12),
            (2.5f, 0.55f, 0),
            (3.25f, 0.25f, 7),
            (3.5f, 0.4f, 12),
        ];
        for (int bar = 4; bar < Bars - 1; bar++)
        {
            foreach ((float beat, float beats, int step) in Broken(bar) ? [] : groove)
            {
                float hz = Pitch.Hz(Roots[bar % 4] + step),
                    touch = step == 0 ? 0.62f : 0.4f;
                round.Play(bus, _tempo.Frame(bar, beat), _tempo.Held(bar * 4 + beat, beats), hz, touch);
            }
        }
    }

    private void Stab(Bus bus)
    {
        var keys = new Synth(Wave.Saw, new Envelope(0.004f, 0.5f, 0.25f, 0.22f))
        {
            Voices = 3,
            DetuneCents = 8,
            Spread = 1,
            CutoffHz = 5200,
        };
        var tine = new StruckTone(1, 1.4f, 0.8f, 2.4f);
        (float Beat, float Beats)[] groove = [(0, 0.45f), (0.75f, 0.35f), (1.5f, 0.5f), (2.75f, 0.6f)];
        for (int bar = 0; bar <= Bars; bar++)
        {
            foreach ((float beat, float beats) in bar == Bars ? [(0f, 2.5f)] : groove)
            {
                foreach (int note in Chords[bar % 4])
                {
                    keys.Play(bus, _tempo.Frame(bar, beat), _tempo.Held(bar * 4 + beat, beats), Pitch.Hz(note), 0.16f);
                    tine.Play(
                        bus,
                        _tempo.Frame(bar, beat),
                        _tempo.Held(bar * 4 + beat, beats),
                        Pitch.Hz(note),
                        0.16f,
                        0
                    );
                }
            }
        }
    }

    private void Breathe(Bus bus)
    {
        Envelope amp = new(0.5f, 1, 0.9f, 0.9f),
            sweep = new(1.2f, 1, 0.5f, 0.5f);
        var warm = new Synth(Wave.Saw, amp)
        {
            Voices = 5,
            DetuneCents = 14,
            Spread = 0.95f,
            CutoffHz = 900,
            SweepOctaves = 0.8f,
            Sweep = sweep,
        };
        for (int bar = 8; bar < Bars - 2; bar++)
            foreach (int note in Chords[bar % 4])
                warm.Play(
                    bus,
                    _tempo.Frame(bar),
                    _tempo.Held(bar * 4, 3.9f),
                    Pitch.Hz(note),
                    Broken(bar) ? 0.26f : 0.15f
                );
    }

    private void Sing(Bus bus)
    {
        var amp = new Envelope(0.006f, 0.35f, 0.35f, 0.2f);
        var voice = new Synth(Wave.Triangle, amp)
        {
            Voices = 2,
            DetuneCents = 5,
            Spread = 0.7f,
            CutoffHz = 3200,
            VibratoCents = 9,
        };
        Note[] hook = Phrase.Read(
            "-:.5 C5:.75 Eb5:.75 G5:1 F5:1 | Eb5:1.5 C5:.5 -:2 | -:.5 Db5:.75 F5:.75 Ab5:1 G5:.5 F5:.5 | Eb5:1 "
                + "G5:.5 Eb5:.5 C5:1 Bb4:1"
        );
        foreach (int from in (int[])[8, 12, 16, 20])
        foreach (Note note in hook.Where(n => from != 12 || n.Beat < 8))
            voice.Play(
                bus,
                _tempo.Frame(from, note.Beat),
                _tempo.Held(note.Beat, note.Beats * 0.92f),
                note.Hz,
                0.4f,
                0.1f
            );
    }

    private float Opening(float seconds)
    {
        float bar = seconds / (_tempo.BeatS * 4);
        float open = bar switch
        {
            < 8 => bar / 8,
            < BreakFrom - 1 => 1,
            < BreakTo => 0.25f + 0.75f * (bar - BreakFrom + 1) / 4,
            < Bars - 2 => 1,
            _ => Math.Max(0.35f, 1 - (bar - Bars + 2) / 3),
        };
        return 420 * MathF.Pow(12, open);
    }
}
