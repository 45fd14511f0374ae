using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace Veza.Demo;

/// <summary>16-bit stereo WAV with triangular dither, its title and artist in a LIST INFO chunk.</summary>
internal static class WavFile
{
    private const int HeaderBytes = 44;
    private const int FrameBytes = 4;
    private const int BlockFrames = 16_384;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Write(string path, Bus bus, Credits credits)
    {
        byte[] tags = Tags(credits);
        int dataBytes = bus.Frames * FrameBytes;
        var header = new byte[HeaderBytes + tags.Length];
        Header(header, tags, dataBytes);
        using FileStream file = File.Create(path);
        file.Write(header);

        var dither = new Noise(16);
        var block = new byte[BlockFrames * FrameBytes];
        for (int from = 0; from < bus.Frames; from += BlockFrames)
        {
            int count = Math.Min(BlockFrames, bus.Frames - from);
            for (int n = 0; n < count; n++)
            {
                BinaryPrimitives.WriteInt16LittleEndian(
                    block.AsSpan(n * FrameBytes),
                    Quantize(bus.Left[from + n], ref dither)
                );
                BinaryPrimitives.WriteInt16LittleEndian(
                    block.AsSpan(n * FrameBytes + 2),
                    Quantize(bus.Right[from + n], ref dither)
                );
            }

            file.Write(block, 0, count * FrameBytes);
        }
    }

    private static short Quantize(float value, ref Noise dither)
    {
        float steps = value * 32767 + 0.5f * (dither.Next() + dither.Next());
        return (short)Math.Clamp(MathF.Round(steps), short.MinValue, short.MaxValue);
    }

    private static void Header(Span<byte> header, byte[] tags, int dataBytes)
    {
        "RIFF"u8.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], header.Length + dataBytes - 8);
        "WAVEfmt "u8.CopyTo(header[8..]);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], 16);
        BinaryPrimitives.WriteInt16LittleEndian(header[20..], 1);
        BinaryPrimitives.WriteInt16LittleEndian(header[22..], 2);
        BinaryPrimitives.WriteInt32LittleEndian(header[24..], Bus.RateHz);
        BinaryPrimitives.WriteInt32LittleEndian(header[28..], Bus.RateHz * FrameBytes);
        BinaryPrimitives.WriteInt16LittleEndian(header[32..], FrameBytes);
        BinaryPrimitives.WriteInt16LittleEndian(header[34..], 16);
        tags.CopyTo(header[36..]);
        "data"u8.CopyTo(header[(36 + tags.Length)..]);
        BinaryPrimitives.WriteInt32LittleEndian(header[(40 + tags.Length)..], dataBytes);
    }

    private static byte[] Tags(Credits credits)
    {
        using var body = new MemoryStream();
        body.Write("INFO"u8);
        Tag(body, "INAM"u8, credits.Title);
        Tag(body, "IART"u8, credits.Artist);
        Tag(body, "IPRD"u8, credits.Album);
        Tag(body, "IGNR"u8, credits.Genre);

        using var chunk = new MemoryStream();
        chunk.Write("LIST"u8);
        Number(chunk, (int)body.Length);
        body.WriteTo(chunk);
        return chunk.ToArray();
    }

    private static void Tag(MemoryStream body, ReadOnlySpan<byte> name, string value)
    {
        byte[] text = [.. Encoding.UTF8.GetBytes(value), 0];
        body.Write(name);
        Number(body, text.Length);
        body.Write(text);
        if (text.Length % 2 == 1)
            body.WriteByte(0);
    }

    private static void Number(MemoryStream stream, int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        stream.Write(bytes);
    }
}
