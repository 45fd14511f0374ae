using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Veza.Infrastructure.Media;

/// <summary>
/// The audiowaveform JSON shape, version 2: peaks.js and wavesurfer.js read it as it is. Data is min, max, min, max.
/// </summary>
internal sealed record WaveformShape(
    int Version,
    int Channels,
    int SampleRate,
    int SamplesPerPixel,
    int Bits,
    int Length,
    int[] Data
);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(WaveformShape))]
internal sealed partial class WaveformJson : JsonSerializerContext;

/// <summary>
/// A waveform at one width: of each pixel the least and the greatest sample as signed bytes. As a file it is
/// audiowaveform's binary format, version 2.
/// </summary>
internal sealed record WaveformLevel(int SampleRateHz, int SamplesPerPixel, byte[] Data)
{
    private const int Version = 2,
        Channels = 1,
        Bits = 8,
        HeadBytes = 24,
        EightBits = 1,
        NumbersBeforeFlush = 8192;

    /// <summary>In pixels.</summary>
    internal int Length => Data.Length / 2;

    internal static long FileBytesMax => HeadBytes + 2 * Waveform.PixelsMax;

    internal WaveformLevel Narrowed(int factor)
    {
        var narrow = new byte[2 * ((Length + factor - 1) / factor)];
        for (var pixel = 0; pixel < narrow.Length / 2; pixel++)
        {
            var (min, max) = (sbyte.MaxValue, sbyte.MinValue);
            for (var from = pixel * factor; from < Math.Min(Length, (pixel + 1) * factor); from++)
                (min, max) = (Math.Min(min, (sbyte)Data[2 * from]), Math.Max(max, (sbyte)Data[2 * from + 1]));
            (narrow[2 * pixel], narrow[2 * pixel + 1]) = ((byte)min, (byte)max);
        }

        return new WaveformLevel(SampleRateHz, SamplesPerPixel * factor, narrow);
    }

    internal byte[] ToFile()
    {
        var file = new byte[HeadBytes + Data.Length];
        int[] head = [Version, EightBits, SampleRateHz, SamplesPerPixel, Length, Channels];
        foreach (var (i, number) in head.Index())
            BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4 * i), number);
        Data.CopyTo(file, HeadBytes);
        return file;
    }

    internal static WaveformLevel OfFile(ReadOnlySpan<byte> file)
    {
        if (
            file.Length < HeadBytes
            || Number(file, 0) != Version
            || Number(file, 1) != EightBits
            || Number(file, 4) * 2L != file.Length - HeadBytes
        )
            throw new InvalidDataException("This is no waveform file of ours");
        return new WaveformLevel(Number(file, 2), Number(file, 3), file[HeadBytes..].ToArray());

        static int Number(ReadOnlySpan<byte> file, int at) => BinaryPrimitives.ReadInt32LittleEndian(file[(4 * at)..]);
    }

    /// <summary>
    /// As <see cref="WaveformShape"/>, written piece by piece: half a million numbers never stand in memory as text.
    /// </summary>
    internal async Task WriteJson(PipeWriter output, CancellationToken ct)
    {
        await using var json = new Utf8JsonWriter(output);
        json.WriteStartObject();
        json.WriteNumber("version", Version);
        json.WriteNumber("channels", Channels);
        json.WriteNumber("sample_rate", SampleRateHz);
        json.WriteNumber("samples_per_pixel", SamplesPerPixel);
        json.WriteNumber("bits", Bits);
        json.WriteNumber("length", Length);
        json.WriteStartArray("data");
        for (var i = 0; i < Data.Length; i++)
        {
            json.WriteNumberValue((sbyte)Data[i]);
            if (i % NumbersBeforeFlush != NumbersBeforeFlush - 1)
                continue;
            await json.FlushAsync(ct);
            await output.FlushAsync(ct);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        await json.FlushAsync(ct);
        await output.FlushAsync(ct);
    }
}
