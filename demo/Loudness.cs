using System.Runtime.CompilerServices;

namespace Veza.Demo;

/// <summary>
/// Integrated loudness in LUFS after ITU-R BS.1770-4: K-weighting, blocks of 400 ms every 100 ms, both gates.
/// </summary>
internal static class Loudness
{
    private const float AbsoluteGate = -70;
    private const float RelativeGate = -10;

    public static float Measure(Bus bus)
    {
        int step = Bus.RateHz / 10;
        var tenths = new double[bus.Frames / step];
        Weigh(bus.Left, tenths, step);
        Weigh(bus.Right, tenths, step);

        var blocks = new List<double>();
        for (int t = 3; t < tenths.Length; t++)
            blocks.Add((tenths[t - 3] + tenths[t - 2] + tenths[t - 1] + tenths[t]) / (4.0 * step));

        double ungated = blocks.Where(power => Lufs(power) > AbsoluteGate).DefaultIfEmpty(0).Average();
        float gate = Math.Max(AbsoluteGate, Lufs(ungated) + RelativeGate);
        return Lufs(blocks.Where(power => Lufs(power) > gate).DefaultIfEmpty(0).Average());
    }

    private static float Lufs(double power) => (float)(-0.691 + 10 * Math.Log10(power + 1e-12));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Weigh(float[] samples, double[] tenths, int step)
    {
        Section shelf = Shelf(),
            high = HighPass();
        for (int t = 0; t < tenths.Length; t++)
        {
            double sum = 0;
            foreach (float sample in samples.AsSpan(t * step, step))
            {
                double value = high.Next(shelf.Next(sample));
                sum += value * value;
            }

            tenths[t] += sum;
        }
    }

    // The analogue prototypes behind the standard's 48 kHz table, set for our rate.
    private static Section Shelf()
    {
        double k = Math.Tan(Math.PI * 1681.974450955533 / Bus.RateHz),
            q = 0.7071752369554196;
        double vh = Math.Pow(10, 3.999843853973347 / 20),
            vb = Math.Pow(vh, 0.4996667741545416),
            a0 = 1 + k / q + k * k;
        return new Section(
            (vh + vb * k / q + k * k) / a0,
            2 * (k * k - vh) / a0,
            (vh - vb * k / q + k * k) / a0,
            2 * (k * k - 1) / a0,
            (1 - k / q + k * k) / a0
        );
    }

    private static Section HighPass()
    {
        double k = Math.Tan(Math.PI * 38.13547087602444 / Bus.RateHz),
            q = 0.5003270373238773,
            a0 = 1 + k / q + k * k;
        return new Section(1, -2, 1, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0);
    }

    private struct Section(double b0, double b1, double b2, double a1, double a2)
    {
        private double _s1,
            _s2;

        public double Next(double x)
        {
            double y = b0 * x + _s1;
            _s1 = b1 * x - a1 * y + _s2 + 1e-30;
            _s2 = b2 * x - a2 * y;
            return y;
        }
    }
}
