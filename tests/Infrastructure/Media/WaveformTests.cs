using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Text.Json;
using Veza.Infrastructure.Media;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Media;

public sealed class WaveformTests
{
    private static WaveformLevel[] Draw(params short[] samples)
    {
        var waveform = new Waveform(44100);
        waveform.Add(samples);
        return waveform.Finish();
    }

    [Fact]
    public void Each_pixel_is_the_least_and_the_greatest_sample_of_its_stretch()
    {
        var samples = new short[3 * 256];
        (samples[0], samples[255], samples[256], samples[767]) = (-32768, 32767, 256, -512);
        var level = Assert.Single(Draw(samples));
        Assert.Equal((44100, 256, 3), (level.SampleRateHz, level.SamplesPerPixel, level.Length));
        Assert.Equal(new sbyte[] { -128, 127, 0, 1, -2, 0 }, level.Data.Select(v => (sbyte)v));
    }

    [Fact]
    public void Each_further_level_is_a_quarter_as_wide_and_loses_no_peak()
    {
        var random = new Random(3);
        var levels = Draw([
            .. Enumerable
                .Range(0, 256 * 5003 + 17)
                .Select(_ => (short)(random.Next(-9000, 9000) * random.NextDouble())),
        ]);
        Assert.Equal([(256, 5004), (1024, 1251), (4096, 313)], levels.Select(l => (l.SamplesPerPixel, l.Length)));
        foreach (var (fine, coarse) in levels.Zip(levels.Skip(1)))
        {
            for (var pixel = 0; pixel < coarse.Length; pixel++)
            {
                var under = Enumerable.Range(4 * pixel, Math.Min(4, fine.Length - 4 * pixel)).ToArray();
                Assert.Equal(
                    (under.Min(p => (sbyte)fine.Data[2 * p]), under.Max(p => (sbyte)fine.Data[2 * p + 1])),
                    ((sbyte)coarse.Data[2 * pixel], (sbyte)coarse.Data[2 * pixel + 1])
                );
            }
        }
    }

    [Fact]
    public void A_long_sound_has_wider_pixels_and_no_more_of_them()
    {
        var waveform = new Waveform(48000);
        var pulse = new short[1000];
        pulse[500] = 30000;
        const int times = 150_000;
        for (var i = 0; i < times; i++)
            waveform.Add(pulse);
        var finest = waveform.Finish()[0];
        Assert.Equal(1024, finest.SamplesPerPixel);
        Assert.Equal((times * 1000 + 1023) / 1024, finest.Length);
        Assert.InRange(finest.Length, Waveform.PixelsMax / 2, Waveform.PixelsMax);
        Each.Of(
            Enumerable.Range(0, finest.Length - 1).Where(i => finest.Data[2 * i + 1] != 0),
            i => Assert.Equal((0, 30000 >> 8), (finest.Data[2 * i], finest.Data[2 * i + 1]))
        );
    }

    [Fact]
    public async Task The_wire_shape_is_that_of_audiowaveform()
    {
        var pipe = new Pipe();
        await Draw(256, -256)[0].WriteJson(pipe.Writer, TestContext.Current.CancellationToken);
        await pipe.Writer.CompleteAsync();
        using var reader = new StreamReader(pipe.Reader.AsStream());
        var json = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal(
            """{"version":2,"channels":1,"sample_rate":44100,"samples_per_pixel":256,"bits":8,"length":1,"data":[-1,1]}""",
            json
        );
        Assert.Equal([-1, 1], JsonSerializer.Deserialize(json, WaveformJson.Default.WaveformShape)!.Data);
    }

    [Fact]
    public void The_file_is_that_of_audiowaveform_and_is_read_again()
    {
        var level = Draw(256, -256)[0];
        var file = level.ToFile();
        Assert.Equal(
            [2, 1, 44100, 256, 1, 1],
            Enumerable.Range(0, 6).Select(i => BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(4 * i)))
        );
        Assert.Equal([0xFF, 1], file[24..]);
        Assert.Equal(level.Data, WaveformLevel.OfFile(file).Data);
        Assert.Throws<InvalidDataException>(() => WaveformLevel.OfFile(file.AsSpan(0, 25)));
    }
}
