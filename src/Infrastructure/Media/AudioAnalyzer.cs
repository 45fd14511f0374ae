using System.Runtime.InteropServices;

namespace Veza.Infrastructure.Media;

/// <summary>
/// What is heard in a sound. Tempo and key are null where there is none, the print where the sound is too short for
/// one.
/// </summary>
internal sealed record AudioAnalysis(
    WaveformLevel[] Waveform,
    Tempo? Tempo,
    MusicalKey? Key,
    int SilenceStartMs,
    int SilenceEndMs,
    Fingerprint? Print
);

/// <summary>
/// Listens to the mono samples of a sound as they are decoded, once, in memory that has a limit whatever the length:
/// waveform, silence at the ends, tempo, key and what is to be printed. It takes some hundredths of what the encoders
/// take.
/// </summary>
internal sealed class AudioAnalyzer
{
    private readonly EdgeSilence _silence;
    private readonly Waveform _waveform;
    private readonly Decimator _decimator = new();
    private readonly TempoFinder _tempo;
    private readonly KeyFinder _key;
    private readonly SpectrumFrames _tempoFrames,
        _keyFrames;
    private readonly FingerprintClip _clip;
    private readonly Action<ArraySegment<float>> _takeLow;

    internal AudioAnalyzer(int rateHz)
    {
        var lowHz = (double)rateHz / Decimator.Factor;
        (_silence, _waveform, _tempo, _key) = (
            new EdgeSilence(rateHz),
            new Waveform(rateHz),
            new TempoFinder(lowHz),
            new KeyFinder(lowHz)
        );
        _tempoFrames = new SpectrumFrames(TempoFinder.FrameSamples, TempoFinder.HopSamples, _tempo.Add);
        _keyFrames = new SpectrumFrames(KeyFinder.FrameSamples, KeyFinder.HopSamples, _key.Add);
        _clip = new FingerprintClip((int)lowHz);
        _takeLow = TakeLow;
    }

    internal long SampleCount { get; private set; }

    internal FingerprintClip Clip => _clip;

    /// <summary>What grows with the length, up to a limit, besides <see cref="Clip"/>.</summary>
    internal int WaveformBytes => _waveform.Bytes;

    /// <summary>Reads little-endian 16-bit samples to the end of the stream.</summary>
    internal async Task Read(Stream pcm, Action<long> onSamples, CancellationToken ct)
    {
        var buffer = new byte[64 * 1024];
        var odd = 0;
        for (int count; (count = await pcm.ReadAsync(buffer.AsMemory(odd), ct)) > 0; )
        {
            count += odd;
            Add(MemoryMarshal.Cast<byte, short>(buffer.AsSpan(0, count & ~1)));
            odd = count & 1;
            if (odd == 1)
                buffer[0] = buffer[count - 1];
            onSamples(SampleCount);
        }
    }

    internal void Add(ReadOnlySpan<short> samples)
    {
        SampleCount += samples.Length;
        _silence.Add(samples);
        _waveform.Add(samples);
        _decimator.Add(samples, _takeLow);
    }

    internal AudioAnalysis Finish(Fingerprint? print) =>
        new(_waveform.Finish(), _tempo.Finish(), _key.Finish(), _silence.StartMs, _silence.EndMs, print);

    private void TakeLow(ArraySegment<float> samples)
    {
        _tempoFrames.Add(samples);
        _keyFrames.Add(samples);
        if (_silence.HasSound)
            _clip.Add(samples);
    }
}
