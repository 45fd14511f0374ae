using Veza.Infrastructure.Media;

namespace Veza.Tests.Infrastructure.Media;

public sealed class ListenerTests
{
    private static AudioAnalysis Hear(short[] samples, int rateHz = PlayedSounds.RateHz)
    {
        var listener = new AudioAnalyzer(rateHz);
        // In pieces of no round length, as a pipe gives them.
        for (var at = 0; at < samples.Length; at += 30_011)
            listener.Add(samples.AsSpan(at, Math.Min(30_011, samples.Length - at)));
        return listener.Finish(null);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(66.6)]
    [InlineData(75)]
    [InlineData(90)]
    [InlineData(100)]
    [InlineData(120)]
    [InlineData(128.5)]
    [InlineData(140)]
    [InlineData(160)]
    [InlineData(174)]
    [InlineData(180)]
    public void Clicks_have_the_tempo_that_they_were_made_in(double bpm)
    {
        foreach (var noise in new[] { 0.001, 0.01, 0.1 })
        {
            foreach (var rateHz in new[] { 44100, 48000 })
            {
                var tempo = Hear(PlayedSounds.Clicks(bpm, 20, noise, rateHz), rateHz).Tempo;
                Assert.NotNull(tempo);
                Assert.InRange(tempo.Bpm, bpm * 0.997, bpm * 1.003);
                Assert.InRange(tempo.Confidence, 0.8, 1);
            }
        }
    }

    [Fact]
    public void A_cadence_has_the_key_that_it_was_played_in_whatever_the_tuning()
    {
        string[] names = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];
        foreach (var (step, name) in names.Index())
        {
            var (noise, cents) = (step % 3) switch
            {
                0 => (0.001, 0),
                1 => (0.05, 30),
                _ => (0.1, -40),
            };
            var major = Hear(PlayedSounds.Cadence(60 + step, isMinor: false, noise, cents)).Key;
            var minor = Hear(PlayedSounds.Cadence(60 + step, isMinor: true, noise, -cents)).Key;
            Assert.Equal(($"{name} major", $"{name} minor"), (major?.Name, minor?.Name));
            Assert.True(
                major!.Confidence > 0.5 && minor!.Confidence > 0.5,
                $"{name}: {major.Confidence:0.00} and {minor!.Confidence:0.00}"
            );
        }
    }

    [Fact]
    public void Noise_silence_and_speech_have_neither_tempo_nor_key()
    {
        var noise = Hear(PlayedSounds.Samples(PlayedSounds.Noise(30, 0.5, PlayedSounds.RateHz)));
        Assert.Equal((null, null), (noise.Tempo, noise.Key));
        var silence = Hear(new short[30 * PlayedSounds.RateHz]);
        Assert.Equal((null, null), (silence.Tempo, silence.Key));
        var speech = Hear(PlayedSounds.Speech(30));
        Assert.True(speech.Tempo is null or { Confidence: < 0.3 }, $"{speech.Tempo}");
        Assert.True(speech.Key is null or { Confidence: < 0.5 }, $"{speech.Key}");
    }

    [Fact]
    public void A_held_tone_beats_at_no_tempo_and_is_hardly_a_key()
    {
        var heard = Hear(PlayedSounds.Held(440, 20));
        Assert.Null(heard.Tempo);
        Assert.True(heard.Key is null or { Confidence: < 0.3 }, $"{heard.Key}");
        Assert.Equal(
            (null, null),
            (Hear(PlayedSounds.Clicks(120, 2, 0.01)).Tempo, Hear(PlayedSounds.Clicks(120, 2, 0.01)).Key)
        );
    }

    [Fact]
    public void Silence_is_what_lies_below_the_threshold_at_both_ends()
    {
        var samples = new short[PlayedSounds.RateHz * 3];
        // A noise floor at -66 dBFS, and a sound at -54 from 0.5 s to 2.2 s with a hole in it.
        for (var i = 0; i < samples.Length; i++)
            samples[i] = (short)(i % 2 == 0 ? 16 : -16);
        for (var i = PlayedSounds.RateHz / 2; i < PlayedSounds.RateHz * 22 / 10; i++)
            if (i < PlayedSounds.RateHz || i > 2 * PlayedSounds.RateHz)
                samples[i] = (short)(i % 2 == 0 ? 65 : -65);
        var heard = Hear(samples);
        Assert.Equal((500, 800), (heard.SilenceStartMs, heard.SilenceEndMs));
        Assert.Equal(
            (3000, 0),
            (
                Hear(new short[PlayedSounds.RateHz * 3]).SilenceStartMs,
                Hear(new short[PlayedSounds.RateHz * 3]).SilenceEndMs
            )
        );
        Assert.Equal(
            (0, 0),
            (Hear(PlayedSounds.Held(440, 1)).SilenceStartMs, Hear(PlayedSounds.Held(440, 1)).SilenceEndMs)
        );
    }

    [Fact]
    public async Task Samples_that_come_in_odd_pieces_are_put_together()
    {
        var listener = new AudioAnalyzer(44100);
        var seen = 0L;
        await listener.Read(
            new Trickle([0, 1, 0, 2, 0, 3]),
            count => seen = count,
            TestContext.Current.CancellationToken
        );
        Assert.Equal(3, seen);
        Assert.Equal([1, 3], listener.Finish(null).Waveform[0].Data);
    }

    [Fact]
    public void A_long_mix_takes_no_more_memory_than_its_beginning()
    {
        var listener = new AudioAnalyzer(48000);
        var minute = PlayedSounds.Clicks(120, 60, 0.01, 48000);
        for (var i = 0; i < 30; i++)
            listener.Add(minute);
        Assert.Equal(Waveform.PixelsMax * 2, listener.WaveformBytes);
        Assert.Equal(Fingerprint.SecondsMax * 12000 * 2, listener.Clip.Pcm.Length);
        for (var i = 0; i < 60; i++)
            listener.Add(minute);
        Assert.Equal(Waveform.PixelsMax * 2, listener.WaveformBytes);
        Assert.Equal(Fingerprint.SecondsMax * 12000 * 2, listener.Clip.Pcm.Length);
        var heard = listener.Finish(null);
        Assert.InRange(heard.Tempo!.Bpm, 119.7, 120.3);
        Assert.InRange(heard.Waveform[0].Length, 1, Waveform.PixelsMax);
    }

    /// <summary>Gives one byte at a time.</summary>
    private sealed class Trickle(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..1], cancellationToken);
    }
}
