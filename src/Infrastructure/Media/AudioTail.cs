using System.Buffers.Binary;

namespace Veza.Infrastructure.Media;

/// <summary>
/// Sees that a file ends before its last part does, where the tools would make do with what is there: a WAV's data
/// chunk, an Ogg's last page.
/// </summary>
internal static class AudioTail
{
    private const int OggPageBytesMax = 27 + 255 + 255 * 255;
    private const int ChunksMax = 1000;

    // Written by programs that could not go back and fill in the size.
    private const uint StreamedSizeFrom = 0xFFFF_0000;

    internal static bool IsCutShort(Stream file, AudioKind kind)
    {
        if (kind == AudioKind.Wav)
            return IsWavCut(file);
        return (kind == AudioKind.Ogg || kind == AudioKind.OggOpus) && IsOggCut(file);
    }

    private static bool IsWavCut(Stream file)
    {
        Span<byte> head = stackalloc byte[12];
        file.Position = 0;
        if (file.ReadAtLeast(head, 12, throwOnEndOfStream: false) < 12)
            return true;
        // RF64 keeps its sizes elsewhere, and the tool minds them.
        if (!head.StartsWith("RIFF"u8))
            return false;
        for (var chunk = 0; chunk < ChunksMax; chunk++)
        {
            if (file.ReadAtLeast(head[..8], 8, throwOnEndOfStream: false) < 8)
                return false;
            var size = BinaryPrimitives.ReadUInt32LittleEndian(head[4..]);
            if (head.StartsWith("data"u8))
                return size is not 0 and < StreamedSizeFrom && IsMissing(size, file.Length - file.Position);
            file.Position += size + (size & 1);
        }

        return false;
    }

    private static bool IsMissing(long stated, long there) => there < stated - stated / 50 - 4096;

    private static bool IsOggCut(Stream file)
    {
        var tail = new byte[(int)Math.Min(file.Length, OggPageBytesMax)];
        file.Position = file.Length - tail.Length;
        file.ReadExactly(tail);
        for (var end = tail.Length; end > 0; )
        {
            var start = tail.AsSpan(0, end).LastIndexOf("OggS"u8);
            if (start < 0)
                return true;
            if (PageBytes(tail.AsSpan(start)) is { } bytes)
                return bytes > tail.Length - start;
            end = start + 3;
        }

        return true;
    }

    /// <summary>A page's length by its own table; null where its mark only happen to stand there.</summary>
    private static int? PageBytes(ReadOnlySpan<byte> page)
    {
        if (page.Length < 6)
            return OggPageBytesMax;
        if (page[4] != 0 || page[5] > 7)
            return null;
        if (page.Length < 27 || page.Length < 27 + page[26])
            return OggPageBytesMax;
        var bytes = 27 + page[26];
        foreach (var lace in page.Slice(27, page[26]))
            bytes += lace;
        return bytes;
    }
}
