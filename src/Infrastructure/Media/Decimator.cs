using System.Numerics;

namespace Veza.Infrastructure.Media;

/// <summary>
/// Takes every fourth sample of what is left below the new half rate: tempo and key are heard in the lower four
/// kilohertz, at a quarter of the work.
/// </summary>
internal sealed class Decimator
{
    internal const int Factor = 4;
    private const int Taps = 64,
        BlockSamples = 4096;

    /// <summary>
    /// Where the filter is down by half, as a share of the old half rate; the new half rate is at 0.25.
    /// </summary>
    private const double Cutoff = 0.205;

    private readonly float[] _taps = new float[Taps],
        _samples = new float[Taps + BlockSamples],
        _out = new float[BlockSamples / Factor + 1];
    private int _kept = Taps - 1,
        _skip;

    internal Decimator()
    {
        for (var i = 0; i < Taps; i++)
        {
            var at = i - (Taps - 1) / 2d;
            var sinc = Math.Sin(Math.PI * Cutoff * at) / (Math.PI * at);
            _taps[i] = (float)(
                sinc * (0.42 + 0.5 * Math.Cos(2 * Math.PI * at / Taps) + 0.08 * Math.Cos(4 * Math.PI * at / Taps))
            );
        }
    }

    /// <summary>Gives on what the samples make, in blocks from -1 to 1; each is valid during its call.</summary>
    internal void Add(ReadOnlySpan<short> samples, Action<ArraySegment<float>> taker)
    {
        while (samples.Length > 0)
        {
            var count = Math.Min(samples.Length, BlockSamples);
            for (var i = 0; i < count; i++)
                _samples[_kept + i] = samples[i] / 32768f;
            samples = samples[count..];
            var end = _kept + count;
            int made = 0,
                at = _skip;
            for (; at + Taps <= end; at += Factor)
                _out[made++] = Filtered(_samples.AsSpan(at, Taps));
            // What the next block's first outputs need is kept; an output that begins beyond it is put off.
            var from = Math.Max(0, end - (Taps - 1));
            _samples.AsSpan(from, end - from).CopyTo(_samples);
            (_kept, _skip) = (end - from, at - from);
            taker(new ArraySegment<float>(_out, 0, made));
        }
    }

    private float Filtered(ReadOnlySpan<float> stretch)
    {
        var sum = Vector<float>.Zero;
        for (var i = 0; i < Taps; i += Vector<float>.Count)
            sum += new Vector<float>(stretch[i..]) * new Vector<float>(_taps, i);
        return Vector.Sum(sum);
    }
}
