namespace Veza.Infrastructure.Media;

/// <summary>
/// The power spectrum of a real signal whose length is a power of two: a plain radix-2 transform of half the length,
/// its tables made once. Not for two threads at once.
/// </summary>
internal sealed class Spectrum
{
    private readonly int _half;
    private readonly int[] _reversed;
    private readonly float[] _cos,
        _sin,
        _re,
        _im,
        _window,
        _power;

    internal Spectrum(int size)
    {
        Size = size;
        _half = size / 2;
        (_cos, _sin, _window) = (new float[_half], new float[_half], new float[size]);
        (_re, _im, _power) = (new float[_half], new float[_half], new float[_half]);
        _reversed = new int[_half];
        var bits = int.Log2(_half);
        for (var i = 0; i < _half; i++)
        {
            // Of the whole length: the half's own transform takes every second one.
            (_sin[i], _cos[i]) = ((float)Math.Sin(-2 * Math.PI * i / size), (float)Math.Cos(-2 * Math.PI * i / size));
            for (var bit = 0; bit < bits; bit++)
                _reversed[i] |= (i >> bit & 1) << (bits - 1 - bit);
        }

        // Hann's window, scaled so that a sine at full scale has a power of about one.
        for (var i = 0; i < size; i++)
            _window[i] = (float)((0.5 - 0.5 * Math.Cos(2 * Math.PI * i / size)) * 4 / size);
    }

    internal int Size { get; }

    /// <summary>Power of each bin below half the sample rate; valid until the next call.</summary>
    internal ReadOnlySpan<float> Of(ReadOnlySpan<float> samples)
    {
        // Two real samples make one complex one.
        for (var i = 0; i < _half; i++)
        {
            var to = _reversed[i];
            _re[to] = samples[2 * i] * _window[2 * i];
            _im[to] = samples[2 * i + 1] * _window[2 * i + 1];
        }

        Transform();
        for (var k = 0; k < _half; k++)
        {
            var mirror = k == 0 ? 0 : _half - k;
            float evenRe = (_re[k] + _re[mirror]) / 2,
                evenIm = (_im[k] - _im[mirror]) / 2;
            float oddRe = (_im[k] + _im[mirror]) / 2,
                oddIm = (_re[mirror] - _re[k]) / 2;
            var re = evenRe + oddRe * _cos[k] - oddIm * _sin[k];
            var im = evenIm + oddRe * _sin[k] + oddIm * _cos[k];
            _power[k] = re * re + im * im;
        }

        return _power;
    }

    private void Transform()
    {
        for (var span = 1; span < _half; span *= 2)
        {
            var stride = _half / span;
            for (var start = 0; start < _half; start += 2 * span)
            {
                for (var k = 0; k < span; k++)
                {
                    int a = start + k,
                        b = a + span;
                    float c = _cos[k * stride],
                        s = _sin[k * stride];
                    float re = _re[b] * c - _im[b] * s,
                        im = _re[b] * s + _im[b] * c;
                    (_re[b], _im[b]) = (_re[a] - re, _im[a] - im);
                    (_re[a], _im[a]) = (_re[a] + re, _im[a] + im);
                }
            }
        }
    }
}

/// <summary>What takes one spectrum after another.</summary>
internal delegate void SpectrumTaker(ReadOnlySpan<float> power);

/// <summary>Cuts a stream of samples into overlapping frames and passes on the spectrum of each.</summary>
internal sealed class SpectrumFrames(int size, int hop, SpectrumTaker taker)
{
    private readonly Spectrum _spectrum = new(size);
    private readonly float[] _frame = new float[size];
    private int _filled;

    internal void Add(ReadOnlySpan<float> samples)
    {
        while (samples.Length > 0)
        {
            var count = Math.Min(samples.Length, size - _filled);
            samples[..count].CopyTo(_frame.AsSpan(_filled));
            samples = samples[count..];
            _filled += count;
            if (_filled < size)
                return;
            taker(_spectrum.Of(_frame));
            _frame.AsSpan(hop).CopyTo(_frame);
            _filled = size - hop;
        }
    }
}
