namespace Veza.Infrastructure.Media;

/// <summary>
/// Draws a waveform from samples as they come, in bounded memory: when the picture grows too wide, each two pixels
/// become one.
/// </summary>
internal sealed class Waveform(int sampleRateHz)
{
    internal const int PixelsMax = 262_144;
    internal const int SamplesPerPixelMin = 256;

    /// <summary>How many pixels of a level make one of the next, and from how many on there is a next.</summary>
    internal const int LevelFactor = 4,
        LevelPixelsMin = 1024;

    private byte[] _data = new byte[8192];
    private int _pixels,
        _samplesPerPixel = SamplesPerPixelMin,
        _inPixel;
    private short _min = short.MaxValue,
        _max = short.MinValue;

    internal int Bytes => _data.Length;

    internal void Add(ReadOnlySpan<short> samples)
    {
        while (samples.Length > 0)
        {
            var taken = samples[..Math.Min(samples.Length, _samplesPerPixel - _inPixel)];
            foreach (var sample in taken)
            {
                if (sample < _min)
                    _min = sample;
                if (sample > _max)
                    _max = sample;
            }

            samples = samples[taken.Length..];
            _inPixel += taken.Length;
            if (_inPixel == _samplesPerPixel)
                EndPixel();
        }
    }

    /// <summary>The finest level first, each further one a quarter as wide.</summary>
    internal WaveformLevel[] Finish()
    {
        // The last pixel may be narrower than the rest.
        if (_inPixel > 0)
            EndPixel();
        var levels = new List<WaveformLevel> { new(sampleRateHz, _samplesPerPixel, _data[..(2 * _pixels)]) };
        while (levels[^1].Length > LevelPixelsMin)
            levels.Add(levels[^1].Narrowed(LevelFactor));
        return [.. levels];
    }

    private void EndPixel()
    {
        if (2 * _pixels == _data.Length)
            Array.Resize(ref _data, 2 * _data.Length);
        (_data[2 * _pixels], _data[2 * _pixels + 1]) = ((byte)(_min >> 8), (byte)(_max >> 8));
        _pixels++;
        (_inPixel, _min, _max) = (0, short.MaxValue, short.MinValue);
        if (_pixels < PixelsMax)
            return;
        // Between two pixels none is half done, so that doubling the width leaves nothing over.
        var half = new WaveformLevel(sampleRateHz, _samplesPerPixel, _data).Narrowed(2);
        half.Data.CopyTo(_data, 0);
        (_pixels, _samplesPerPixel) = (half.Length, half.SamplesPerPixel);
    }
}
