namespace Veza.Infrastructure.Media;

/// <summary>
/// A key such as <c>A minor</c> or <c>F# major</c>, always with sharps, and from 0 to 1 how much more it fits than the
/// others.
/// </summary>
internal sealed record MusicalKey(string Name, double Confidence);

/// <summary>
/// Finds the key in bounded memory: how much each step of the octave is heard, whatever the tuning, compared with what
/// listeners expect of each of the 24 keys.
/// </summary>
internal sealed class KeyFinder
{
    internal const int FrameSamples = 8192,
        HopSamples = 4096;
    private const double LowHz = 60,
        HighHz = 1800,
        SecondsMin = 3;
    private const int Steps = 12,
        CellsPerStep = 10,
        Cells = Steps * CellsPerStep;
    private const float SilentPower = 1e-8f,
        PeakShareOfTop = 1e-3f;
    private const double ContrastMin = 0.22,
        FitMin = 0.55,
        MarginFull = 0.22,
        FitFull = 0.85;

    // Expected weight of each step above the tonic, from corpora of music rather than single tones (Albrecht and
    // Shanahan, 2013).
    private static readonly double[] Major =
    [
        0.238,
        0.006,
        0.111,
        0.006,
        0.137,
        0.094,
        0.016,
        0.214,
        0.009,
        0.080,
        0.008,
        0.081,
    ];
    private static readonly double[] Minor =
    [
        0.220,
        0.006,
        0.104,
        0.123,
        0.019,
        0.103,
        0.012,
        0.214,
        0.062,
        0.022,
        0.061,
        0.052,
    ];
    private static readonly string[] Names = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];

    private readonly double _hzPerBin,
        _framesMin;
    private readonly double[] _heard = new double[Cells],
        _frame = new double[Cells];
    private long _frames;

    internal KeyFinder(double rateHz)
    {
        _hzPerBin = rateHz / FrameSamples;
        _framesMin = (SecondsMin * rateHz - FrameSamples) / HopSamples;
    }

    internal void Add(ReadOnlySpan<float> power)
    {
        int low = (int)(LowHz / _hzPerBin),
            high = (int)(HighHz / _hzPerBin);
        var top = 0f;
        for (var bin = low; bin <= high; bin++)
            top = Math.Max(top, power[bin]);
        if (top < SilentPower)
            return;
        Array.Clear(_frame);
        double whole = 0;
        for (var bin = low; bin <= high; bin++)
        {
            var here = power[bin];
            if (
                here < top * PeakShareOfTop
                || here <= power[bin - 1]
                || here < power[bin + 1]
                || here <= power[bin - 2]
                || here < power[bin + 2]
            )
                continue;
            // Between bins by the shape of the peak's logarithm; softened, so that the loudest instrument does not
            // decide alone.
            double left = Math.Log(power[bin - 1] + 1e-20),
                middle = Math.Log(here),
                right = Math.Log(power[bin + 1] + 1e-20);
            var exact = bin + 0.5 * (left - right) / (left - 2 * middle + right);
            var steps = 12 * Math.Log2(exact * _hzPerBin / 440) + 9;
            var cell = (int)Math.Round((steps - Math.Floor(steps / Steps) * Steps) * CellsPerStep) % Cells;
            var weight = Math.Sqrt(Math.Sqrt(here));
            _frame[cell] += weight;
            whole += weight;
        }

        if (whole == 0)
            return;
        for (var cell = 0; cell < Cells; cell++)
            _heard[cell] += _frame[cell] / whole;
        _frames++;
    }

    /// <summary>Null where no key is: silence, noise, speech, or less than some seconds of sound.</summary>
    internal MusicalKey? Finish()
    {
        if (_frames < Math.Max(1, _framesMin))
            return null;
        var steps = Tuned();
        var mean = steps.Average();
        var contrast = Math.Sqrt(steps.Sum(s => (s - mean) * (s - mean)) / Steps) / mean;
        if (contrast < ContrastMin)
            return null;
        double best = -1,
            second = -1;
        var name = "";
        for (var tonic = 0; tonic < Steps; tonic++)
        {
            foreach (var (profile, mode) in ((double[], string)[])[(Major, "major"), (Minor, "minor")])
            {
                var fit = Correlation(steps, tonic, profile);
                if (fit > best)
                    (second, best, name) = (best, fit, $"{Names[tonic]} {mode}");
                else if (fit > second)
                    second = fit;
            }
        }

        if (best < FitMin)
            return null;
        var confidence =
            Math.Min(1, (best - second) / MarginFull) * 0.6 + Math.Min(1, (best - FitMin) / (FitFull - FitMin)) * 0.4;
        return new MusicalKey(name, confidence);
    }

    /// <summary>The twelve steps, counted from where the piece is tuned: up to half a step beside 440 Hz.</summary>
    private double[] Tuned()
    {
        double x = 0,
            y = 0;
        for (var cell = 0; cell < Cells; cell++)
        {
            var (sin, cos) = Math.SinCos(2 * Math.PI * cell / CellsPerStep);
            x += _heard[cell] * cos;
            y += _heard[cell] * sin;
        }

        var beside = Math.Atan2(y, x) / (2 * Math.PI) * CellsPerStep;
        var steps = new double[Steps];
        for (var cell = 0; cell < Cells; cell++)
        {
            var at = (cell - beside) / CellsPerStep;
            var step = (int)Math.Round(at);
            // What lies between two steps belongs to none.
            steps[(step + Steps) % Steps] += _heard[cell] * (1 - 2 * Math.Abs(at - step));
        }

        return steps;
    }

    private static double Correlation(double[] steps, int tonic, double[] profile)
    {
        double meanA = steps.Average(),
            meanB = profile.Average(),
            ab = 0,
            aa = 0,
            bb = 0;
        for (var i = 0; i < Steps; i++)
        {
            double a = steps[(tonic + i) % Steps] - meanA,
                b = profile[i] - meanB;
            ab += a * b;
            aa += a * a;
            bb += b * b;
        }

        return aa == 0 ? 0 : ab / Math.Sqrt(aa * bb);
    }
}
