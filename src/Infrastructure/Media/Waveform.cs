using System.Runtime.InteropServices;
using System.Text.Json.Serialization;

namespace Veza.Infrastructure.Media;

/// <summary>The audiowaveform JSON shape, version 2: peaks.js and wavesurfer.js read it as it is. Data is min, max, min, max.</summary>
internal sealed record WaveformShape(int Version, int Channels, int SampleRate, int SamplesPerPixel, int Bits, int Length, int[] Data);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(WaveformShape))]
internal sealed partial class WaveformJson : JsonSerializerContext;

/// <summary>Draws a waveform from samples as they come, in bounded memory: when the picture grows too wide, each two pixels become one.</summary>
internal sealed class Waveform(int sampleRateHz)
{
    internal const int PixelsMax = 16_384;
    internal const int SamplesPerPixelMin = 256;

    private readonly short[] _data = new short[2 * PixelsMax];
    private int _pixels, _samplesPerPixel = SamplesPerPixelMin, _inPixel;
    private short _min = short.MaxValue, _max = short.MinValue;

    internal long SampleCount { get; private set; }

    internal void Add(ReadOnlySpan<short> samples)
    {
        SampleCount += samples.Length;
        while (samples.Length > 0)
        {
            var taken = samples[..Math.Min(samples.Length, _samplesPerPixel - _inPixel)];
            foreach (var sample in taken)
            {
                if (sample < _min) _min = sample;
                if (sample > _max) _max = sample;
            }

            samples = samples[taken.Length..];
            _inPixel += taken.Length;
            if (_inPixel == _samplesPerPixel) EndPixel();
        }
    }

    /// <summary>Reads little-endian 16-bit samples to the end of the stream.</summary>
    internal async Task Read(Stream pcm, Action<long> onSamples, CancellationToken ct)
    {
        var buffer = new byte[64 * 1024];
        var odd = 0;
        for (int count; (count = await pcm.ReadAsync(buffer.AsMemory(odd), ct)) > 0;)
        {
            count += odd;
            Add(MemoryMarshal.Cast<byte, short>(buffer.AsSpan(0, count & ~1)));
            odd = count & 1;
            if (odd == 1) buffer[0] = buffer[count - 1];
            onSamples(SampleCount);
        }
    }

    internal WaveformShape Finish()
    {
        // The last pixel may be narrower than the rest.
        if (_inPixel > 0) EndPixel();
        var data = new int[2 * _pixels];
        for (var i = 0; i < data.Length; i++) data[i] = _data[i] >> 8;
        return new WaveformShape(2, 1, sampleRateHz, _samplesPerPixel, 8, _pixels, data);
    }

    private void EndPixel()
    {
        (_data[2 * _pixels], _data[2 * _pixels + 1]) = (_min, _max);
        _pixels++;
        (_inPixel, _min, _max) = (0, short.MaxValue, short.MinValue);
        // Between two pixels none is half done, so that doubling the width leaves nothing over.
        if (_pixels == PixelsMax) Halve();
    }

    private void Halve()
    {
        _pixels /= 2;
        _samplesPerPixel *= 2;
        for (var i = 0; i < _pixels; i++)
        {
            _data[2 * i] = Math.Min(_data[4 * i], _data[4 * i + 2]);
            _data[2 * i + 1] = Math.Max(_data[4 * i + 1], _data[4 * i + 3]);
        }
    }
}
