using System.Runtime.CompilerServices;

namespace Veza.Demo;

/// <summary>
/// The desk: stems with their level and their share of the room, then the master at -14 LUFS and -1 dBTP.
/// </summary>
internal sealed class Mixdown(Studio studio, int frames)
{
    private const float TargetLufs = -14;
    private const float CeilingDb = -1.2f;

    private readonly Bus _dry = studio.Open(frames);
    private readonly Bus _room = studio.Open(frames);

    public Bus Stem() => studio.Open(frames);

    /// <summary>Takes the stem in; its bus goes back to the studio.</summary>
    public void Add(Bus stem, float gainDb, float roomDb = float.NegativeInfinity)
    {
        float gain = Bus.Decibels(gainDb);
        _dry.Mix(stem, gain);
        if (roomDb > float.NegativeInfinity)
            _room.Mix(stem, gain * Bus.Decibels(roomDb));

        studio.Close(stem);
    }

    public Bus Master(Reverb reverb, double fadeInS, double fadeOutS)
    {
        // A room that answers below 180 Hz only makes mud.
        Filter.HighPass(_room, 180);
        reverb.Apply(_room);
        _dry.Mix(_room, 1);
        Filter.HighPass(_dry, 24);
        _dry.Fade(fadeInS, fadeOutS);

        // The limiter takes a little loudness away: the second round gives it back.
        Bus master = studio.Open(frames);
        float gainDb = TargetLufs - Loudness.Measure(_dry);
        Press(master, gainDb);
        float missing = TargetLufs - Loudness.Measure(master);
        if (Math.Abs(missing) > 0.1f)
        {
            master.Clear(frames);
            Press(master, gainDb + missing * 1.15f);
        }

        studio.Close(_dry);
        studio.Close(_room);
        return master;
    }

    /// <summary>Rounds what goes past full scale, like tape: tanh by a ratio of polynomials.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Soften(float x)
    {
        x = Math.Clamp(x, -3, 3);
        float square = x * x;
        return x * (27 + square) / (27 + 9 * square);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Press(Bus master, float gainDb)
    {
        master.Mix(_dry, Bus.Decibels(gainDb));
        for (int n = 0; n < master.Frames; n++)
        {
            master.Left[n] = Knee(master.Left[n]);
            master.Right[n] = Knee(master.Right[n]);
        }

        // The room has been mixed in by now: its bus is the limiter's scratch paper.
        Limiter.Apply(master, Bus.Decibels(CeilingDb), _room);
    }

    /// <summary>Straight up to half scale; only peaks are bent.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Knee(float x)
    {
        const float Straight = 0.6f;
        float over = Math.Abs(x) - Straight;
        return over <= 0 ? x : MathF.CopySign(Straight + 0.6f * Soften(over / 0.6f), x);
    }
}
