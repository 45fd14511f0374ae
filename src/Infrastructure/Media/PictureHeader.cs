using System.Buffers.Binary;

namespace Veza.Infrastructure.Media;

/// <summary>
/// A form of picture that is taken. The reader is forced on the tool: what a file is, is never its guess.
/// </summary>
internal sealed record PictureKind(string Name, string Reader)
{
    internal static readonly PictureKind Jpeg = new("jpeg", "jpeg_pipe"),
        Png = new("png", "png_pipe"),
        Webp = new("webp", "webp_pipe"),
        Gif = new("gif", "gif");
}

/// <summary>
/// What a picture's first bytes say: its form, its size, and how it must be turned (EXIF, 1 to 8). Read by ourselves,
/// before any decoder sees the file; null for everything that is not taken, WebP that moves among it.
/// </summary>
internal sealed record PictureHeader(PictureKind Kind, int Width, int Height, int Orientation)
{
    private const int Upright = 1,
        SegmentsMax = 1000;

    internal static PictureHeader? Of(ReadOnlySpan<byte> file)
    {
        try
        {
            var header = file switch
            {
                [0xFF, 0xD8, 0xFF, ..] => Jpeg(file),
                [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => Png(file),
                [(byte)'G', (byte)'I', (byte)'F', (byte)'8', (byte)'7' or (byte)'9', (byte)'a', ..] =>
                    new PictureHeader(
                        PictureKind.Gif,
                        BinaryPrimitives.ReadUInt16LittleEndian(file[6..]),
                        BinaryPrimitives.ReadUInt16LittleEndian(file[8..]),
                        Upright
                    ),
                _ when file.StartsWith("RIFF"u8) && file[8..].StartsWith("WEBP"u8) => Webp(file),
                _ => null,
            };
            return header is { Width: > 0, Height: > 0 } ? header : null;
        }
        catch (ArgumentOutOfRangeException)
        {
            // It ends within its header.
            return null;
        }
    }

    private static PictureHeader? Jpeg(ReadOnlySpan<byte> file)
    {
        var orientation = Upright;
        var at = 2;
        for (var segments = 0; segments < SegmentsMax; segments++)
        {
            if (file.Slice(at, 2)[0] != 0xFF)
                return null;
            var marker = file[at + 1];
            // Filling before a marker.
            if (marker == 0xFF)
            {
                at++;
                continue;
            }

            var length = BinaryPrimitives.ReadUInt16BigEndian(file[(at + 2)..]);
            if (length < 2)
                return null;
            var segment = file.Slice(at + 4, length - 2);
            // Baseline, extended and progressive; the other frames of the standard are in no browser either.
            if (marker is 0xC0 or 0xC1 or 0xC2)
                return new PictureHeader(
                    PictureKind.Jpeg,
                    BinaryPrimitives.ReadUInt16BigEndian(segment[3..]),
                    BinaryPrimitives.ReadUInt16BigEndian(segment[1..]),
                    orientation
                );
            if (marker == 0xE1 && segment.StartsWith("Exif\0\0"u8))
                orientation = Exif(segment[6..]);
            // The picture begins, and had no frame.
            if (marker is 0xDA or 0xD9)
                return null;
            at += 2 + length;
        }

        return null;
    }

    private static PictureHeader? Png(ReadOnlySpan<byte> file)
    {
        if (!file.Slice(12, 4).SequenceEqual("IHDR"u8))
            return null;
        var (width, height) = (
            BinaryPrimitives.ReadUInt32BigEndian(file[16..]),
            BinaryPrimitives.ReadUInt32BigEndian(file[20..])
        );
        if (width > int.MaxValue || height > int.MaxValue)
            return null;
        var exif = Chunk(file[8..], "eXIf"u8, isBigEndian: true);
        return new PictureHeader(PictureKind.Png, (int)width, (int)height, exif.IsEmpty ? Upright : Exif(exif));
    }

    private static PictureHeader? Webp(ReadOnlySpan<byte> file)
    {
        const byte moves = 0x02;
        var form = file.Slice(12, 4);
        var data = file[20..];
        if (form.SequenceEqual("VP8 "u8))
        {
            return !data[3..].StartsWith((ReadOnlySpan<byte>)[0x9D, 0x01, 0x2A])
                ? null
                : new PictureHeader(
                    PictureKind.Webp,
                    BinaryPrimitives.ReadUInt16LittleEndian(data[6..]) & 0x3FFF,
                    BinaryPrimitives.ReadUInt16LittleEndian(data[8..]) & 0x3FFF,
                    Upright
                );
        }

        if (form.SequenceEqual("VP8L"u8))
        {
            var bits = BinaryPrimitives.ReadUInt32LittleEndian(data[1..]);
            return data[0] != 0x2F
                ? null
                : new PictureHeader(
                    PictureKind.Webp,
                    (int)(bits & 0x3FFF) + 1,
                    (int)((bits >> 14) & 0x3FFF) + 1,
                    Upright
                );
        }

        if (!form.SequenceEqual("VP8X"u8) || (data.Slice(0, 10)[0] & moves) != 0)
            return null;
        var exif = Chunk(file[12..], "EXIF"u8, isBigEndian: false);
        return new PictureHeader(
            PictureKind.Webp,
            Three(data[4..]) + 1,
            Three(data[7..]) + 1,
            exif.IsEmpty ? Upright : Exif(exif)
        );

        static int Three(ReadOnlySpan<byte> bytes) => bytes.Slice(0, 3)[0] | bytes[1] << 8 | bytes[2] << 16;
    }

    /// <summary>The content of the first chunk of that name; nothing when there is none.</summary>
    private static ReadOnlySpan<byte> Chunk(ReadOnlySpan<byte> chunks, ReadOnlySpan<byte> name, bool isBigEndian)
    {
        for (var count = 0; count < SegmentsMax && chunks.Length >= 8; count++)
        {
            var length = isBigEndian
                ? BinaryPrimitives.ReadUInt32BigEndian(chunks)
                : BinaryPrimitives.ReadUInt32LittleEndian(chunks[4..]);
            if (length > chunks.Length - 8)
                return default;
            if ((isBigEndian ? chunks[4..8] : chunks[..4]).SequenceEqual(name))
                return chunks.Slice(8, (int)length);
            // PNG has a checksum behind each chunk, RIFF fills up to an even length.
            chunks = chunks[(int)Math.Min(chunks.Length, 8L + length + (isBigEndian ? 4 : length % 2))..];
        }

        return default;
    }

    private static int Exif(ReadOnlySpan<byte> tiff)
    {
        const int orientationTag = 0x0112,
            entryBytes = 12;
        // Some writers of WebP leave the JPEG's prefix in.
        if (tiff.StartsWith("Exif\0\0"u8))
            tiff = tiff[6..];
        if (tiff.Length < 8)
            return Upright;
        var isBigEndian = tiff[0] == 'M';
        var directory = isBigEndian
            ? BinaryPrimitives.ReadUInt32BigEndian(tiff[4..])
            : BinaryPrimitives.ReadUInt32LittleEndian(tiff[4..]);
        if (directory > tiff.Length - 2)
            return Upright;
        var entries = tiff[((int)directory + 2)..];
        for (
            var left = Short(tiff[(int)directory..]);
            left > 0 && entries.Length >= entryBytes;
            left--, entries = entries[entryBytes..]
        )
        {
            if (Short(entries) == orientationTag)
                return Short(entries[8..]) is >= 1 and <= 8 and var turned ? turned : Upright;
        }

        return Upright;

        int Short(ReadOnlySpan<byte> bytes) =>
            isBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }
}
