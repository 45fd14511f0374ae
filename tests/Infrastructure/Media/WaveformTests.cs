using System.Text.Json;
using Veza.Infrastructure.Media;

namespace Veza.Tests.Infrastructure.Media;

public sealed class WaveformTests
{
    [Fact]
    public void Each_pixel_is_the_least_and_the_greatest_sample_of_its_stretch()
    {
        var waveform = new Waveform(44100);
        var samples = new short[3 * 256];
        (samples[0], samples[255], samples[256], samples[767]) = (-32768, 32767, 256, -512);
        waveform.Add(samples);
        var shape = waveform.Finish();
        Assert.Equal((2, 1, 44100, 256, 8, 3), (shape.Version, shape.Channels, shape.SampleRate, shape.SamplesPerPixel, shape.Bits, shape.Length));
        Assert.Equal([-128, 127, 0, 1, -2, 0], shape.Data);
    }

    [Fact]
    public void A_long_sound_has_wider_pixels_and_no_more_of_them()
    {
        var waveform = new Waveform(48000);
        var pulse = new short[1000];
        pulse[500] = 30000;
        const int times = 20_000;
        for (var i = 0; i < times; i++) waveform.Add(pulse);
        var shape = waveform.Finish();
        Assert.Equal(2048, shape.SamplesPerPixel);
        Assert.Equal((times * 1000 + 2047) / 2048, shape.Length);
        Assert.InRange(shape.Length, Waveform.PixelsMax / 2, Waveform.PixelsMax);
        Assert.All(Enumerable.Range(0, shape.Length - 1), i => Assert.Equal((0, 30000 >> 8), (shape.Data[2 * i], shape.Data[2 * i + 1])));
    }

    [Fact]
    public async Task Samples_that_come_in_odd_pieces_are_put_together()
    {
        var waveform = new Waveform(44100);
        var seen = 0L;
        await waveform.Read(new Trickle([0, 1, 0, 2, 0, 3]), count => seen = count, TestContext.Current.CancellationToken);
        Assert.Equal(3, seen);
        Assert.Equal([1, 3], waveform.Finish().Data);
    }

    [Fact]
    public void The_wire_shape_is_that_of_audiowaveform()
    {
        var waveform = new Waveform(44100);
        waveform.Add([256, -256]);
        Assert.Equal("""{"version":2,"channels":1,"sample_rate":44100,"samples_per_pixel":256,"bits":8,"length":1,"data":[-1,1]}""",
            JsonSerializer.Serialize(waveform.Finish(), WaveformJson.Default.WaveformShape));
    }

    /// <summary>Gives one byte at a time.</summary>
    private sealed class Trickle(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => base.ReadAsync(buffer[..1], cancellationToken);
    }
}
