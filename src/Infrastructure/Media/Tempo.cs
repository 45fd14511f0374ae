using System.Numerics;

namespace Veza.Infrastructure.Media;

/// <summary>Beats a minute, and from 0 to 1 how sure it is that there is one beat throughout.</summary>
internal sealed record Tempo(double Bpm, double Confidence);

/// <summary>
/// Finds the tempo in bounded memory: how much louder the bands get from frame to frame, compared with itself some time
/// later, window by window. The lag at which it resembles itself most is the beat; of halves and doubles that do, the
/// one whose own off-beats are the weaker.
/// </summary>
internal sealed class TempoFinder
{
    internal const int FrameSamples = 512,
        HopSamples = 128;
    private const double BpmMin = 50,
        BpmMax = 210,
        BpmStep = 0.25,
        UsualBpm = 118,
        OctavesSpread = 1.1;
    private const int WindowFrames = 2048,
        LagsMax = 640,
        Bands = 24,
        BeatsCompared = 4,
        SmoothedFrames = 40,
        LagBefore = 2;
    private const double DividedFrom = 0.5,
        DividedUntil = 0.9,
        HalvedFrom = 0.95,
        DividedBonus = 0.25,
        HalvedLoss = 0.4;
    private const double SecondsMin = 4,
        ClippedAt = 4,
        StrengthFloor = 0.08,
        StrengthFull = 0.5,
        ConfidenceMin = 0.05;
    private const float Compression = 300,
        StirMin = 0.02f;

    private readonly double _framesPerSecond;
    private readonly int[] _edges = new int[Bands + 1];
    private readonly float[][] _levels = new float[LagBefore + 1][];
    private readonly float[] _stir = new float[WindowFrames],
        _flat = new float[WindowFrames];
    private readonly double[] _likeness = new double[LagsMax];
    private int _filled,
        _windows;
    private long _frames;

    internal TempoFinder(double rateHz)
    {
        _framesPerSecond = rateHz / HopSamples;
        for (var i = 0; i < _levels.Length; i++)
            _levels[i] = new float[Bands];
        const double lowHz = 40;
        var highHz = rateHz * 0.45;
        for (var i = 0; i <= Bands; i++)
        {
            var bin = (int)Math.Round(lowHz * Math.Pow(highHz / lowHz, (double)i / Bands) / rateHz * FrameSamples);
            _edges[i] = i == 0 ? Math.Max(1, bin) : Math.Max(_edges[i - 1] + 1, bin);
        }
    }

    internal void Add(ReadOnlySpan<float> power)
    {
        var now = _levels[(int)(_frames % _levels.Length)];
        // The frame that is to be overwritten next is the oldest one.
        var before = _levels[(int)((_frames + 1) % _levels.Length)];
        var stir = 0f;
        for (var band = 0; band < Bands; band++)
        {
            var sum = 0f;
            for (var bin = _edges[band]; bin < _edges[band + 1]; bin++)
                sum += power[bin];
            now[band] = MathF.Log(1 + Compression * MathF.Sqrt(sum));
            stir += Math.Max(0, now[band] - before[band]);
        }

        _stir[_filled++] = ++_frames > LagBefore ? stir : 0;
        if (_filled < WindowFrames)
            return;
        Compare(WindowFrames);
        _stir.AsSpan(WindowFrames / 2).CopyTo(_stir);
        _filled = WindowFrames / 2;
    }

    /// <summary>Null where nothing beats: silence, noise, a held tone, or less than some seconds.</summary>
    internal Tempo? Finish()
    {
        if (_windows == 0 && _filled >= SecondsMin * _framesPerSecond)
            Compare(_filled);
        if (_windows == 0)
            return null;
        // Smoothed a little, so that a sharp peak between two frames counts as one that lies on a frame does.
        for (var (lag, before) = (1, _likeness[0]); lag < LagsMax - 1; lag++)
            (before, _likeness[lag]) = (
                _likeness[lag],
                (before + 2 * _likeness[lag] + _likeness[lag + 1]) / (4 * _windows)
            );

        double best = double.MinValue,
            bpm = 0;
        for (var tried = BpmMin; tried <= BpmMax; tried += BpmStep)
        {
            var octaves = Math.Log2(tried / UsualBpm) / OctavesSpread;
            var (onBeat, offBeat) = Beaten(tried);
            var score = onBeat * (1 + Subdivision(onBeat, offBeat)) * Math.Exp(-octaves * octaves / 2);
            if (score > best)
                (best, bpm) = (score, tried);
        }

        var strength = Beaten(bpm).OnBeat;
        var confidence = Math.Clamp((strength - StrengthFloor) / (StrengthFull - StrengthFloor), 0, 1);
        return confidence < ConfidenceMin ? null : new Tempo(Refined(bpm), confidence);
    }

    /// <summary>How alike the stir is to itself one to four beats later, and half a beat beside them.</summary>
    private (double OnBeat, double OffBeat) Beaten(double bpm)
    {
        var lag = 60 * _framesPerSecond / bpm;
        double on = 0,
            off = 0,
            weights = 0;
        for (var beat = 1; beat <= BeatsCompared && beat * lag < LagsMax - 1; beat++)
        {
            on += At(beat * lag);
            off += At((beat - 0.5) * lag);
            weights++;
        }

        return weights == 0 ? (0, 0) : (on / weights, Math.Max(0, off / weights));
    }

    /// <summary>
    /// Beats are divided: weaker strokes halfway speak for a beat, which tells it from one and a half of it. Strokes as
    /// strong as its own say that the beat is the half.
    /// </summary>
    private static double Subdivision(double onBeat, double offBeat)
    {
        var share = onBeat <= 0 ? 0 : offBeat / onBeat;
        if (share <= DividedUntil)
            return DividedBonus * Math.Min(1, share / DividedFrom);
        return Math.Max(
            -HalvedLoss,
            DividedBonus - (share - DividedUntil) / (HalvedFrom - DividedUntil) * (DividedBonus + HalvedLoss)
        );
    }

    /// <summary>The likeness at a lag between two frames: of the one that it lies on.</summary>
    private double At(double lag) => Math.Max(_likeness[(int)lag], _likeness[(int)lag + 1]);

    /// <summary>
    /// Where exactly the likeness peaks some beats on tells the beat's length to a fraction of a frame.
    /// </summary>
    private double Refined(double bpm)
    {
        var lag = 60 * _framesPerSecond / bpm;
        for (var beat = 1; beat <= BeatsCompared; beat++)
        {
            var middle = (int)Math.Round(beat * lag);
            var reach = Math.Max(1, (int)(lag * 0.04));
            if (middle + reach >= LagsMax - 1)
                break;
            var peak = middle;
            for (var at = middle - reach; at <= middle + reach; at++)
                if (_likeness[at] > _likeness[peak])
                    peak = at;
            double left = _likeness[peak - 1],
                top = _likeness[peak],
                right = _likeness[peak + 1],
                bend = left - 2 * top + right;
            var exact = bend < 0 ? peak + Math.Clamp((left - right) / (2 * bend), -0.5, 0.5) : peak;
            // A peak at the search's very edge belongs to something else.
            if (Math.Abs(peak - middle) < reach || reach == 1)
                lag = exact / beat;
        }

        return 60 * _framesPerSecond / lag;
    }

    private void Compare(int frames)
    {
        var flat = _flat.AsSpan(0, frames);
        double sum = 0,
            running = 0;
        for (var i = 0; i < frames; i++)
            sum += _stir[i];
        if (sum / frames < StirMin)
            return;
        int from = 0,
            to = 0;
        for (var i = 0; i < frames; i++)
        {
            while (to < Math.Min(frames, i + SmoothedFrames))
                running += _stir[to++];
            while (from < i - SmoothedFrames)
                running -= _stir[from++];
            flat[i] = (float)Math.Max(0, _stir[i] - running / (to - from));
        }

        double mean = 0,
            square = 0;
        foreach (var value in flat)
            square += value * (double)value;
        var ceiling = (float)(ClippedAt * Math.Sqrt(square / frames));
        for (var i = 0; i < frames; i++)
            mean += flat[i] = Math.Min(flat[i], ceiling);
        mean /= frames;
        for (var i = 0; i < frames; i++)
            flat[i] -= (float)mean;

        var whole = Product(flat, 0) / frames;
        if (whole <= 0)
            return;
        for (var lag = 0; lag < Math.Min(LagsMax, frames / 2); lag++)
            _likeness[lag] += Product(flat, lag) / (frames - lag) / whole;
        _windows++;
    }

    private static double Product(ReadOnlySpan<float> signal, int lag)
    {
        ReadOnlySpan<float> a = signal[..^lag],
            b = signal[lag..];
        var sum = Vector<float>.Zero;
        var i = 0;
        for (; i + Vector<float>.Count <= a.Length; i += Vector<float>.Count)
            sum += new Vector<float>(a[i..]) * new Vector<float>(b[i..]);
        double total = Vector.Sum(sum);
        for (; i < a.Length; i++)
            total += a[i] * b[i];
        return total;
    }
}
