namespace Veza.Demo;

/// <summary>
/// Where beats fall. Swing (0 to 0.4) delays every second sixteenth; from <paramref name="SlowFromBeat"/> on the music
/// leans back.
/// </summary>
internal sealed record Tempo(
    float BeatsPerMinute,
    float BeatsPerBar = 4,
    float Swing = 0,
    float SlowFromBeat = float.MaxValue,
    float SlowBy = 0
)
{
    public float BeatS => 60 / BeatsPerMinute;

    public int Frame(float bar, float beat = 0) => Bus.FramesIn(Seconds(bar * BeatsPerBar + beat));

    /// <summary>The length of a note that starts at <paramref name="beat"/> counted from the first bar.</summary>
    public int Held(float beat, float beats) => Bus.FramesIn(Seconds(beat + beats) - Seconds(beat));

    private double Seconds(float beat)
    {
        double swung = beat;
        if (Swing > 0)
        {
            double sixteenth = beat * 4.0,
                pair = Math.Floor(sixteenth / 2) * 2,
                within = sixteenth - pair;
            within = within < 1 ? within * (1 + Swing) : 1 + Swing + (within - 1) * (1 - Swing);
            swung = (pair + within) / 4;
        }

        double late = Math.Max(0, swung - SlowFromBeat);
        return (swung + SlowBy * late * late) * BeatS;
    }
}
