using System.Buffers;
using System.Buffers.Binary;

namespace Veza.Infrastructure.Media;

/// <summary>Where a box of an MP4 file lies.</summary>
internal readonly record struct IsoBox(uint Type, long Offset, long Size)
{
    internal long End => Offset + Size;
}

/// <summary>
/// Reads the box tree of ISO 14496-12. Every size is checked against its parent: the file may have been written by a
/// tool under attack.
/// </summary>
internal static class IsoBoxes
{
    internal const uint Moov = 0x6D6F6F76,
        Moof = 0x6D6F6F66,
        Mdat = 0x6D646174,
        Sidx = 0x73696478;
    private const int HeaderBytes = 8;

    /// <summary>The boxes of the file's first level, by reading their headers only.</summary>
    internal static IEnumerable<IsoBox> Top(Stream file)
    {
        var header = new byte[16];
        for (long offset = 0, length = file.Length; offset < length; )
        {
            file.Position = offset;
            var there = file.ReadAtLeast(header, HeaderBytes, throwOnEndOfStream: false);
            if (there < HeaderBytes)
                throw Broken("a box header is cut");
            long size = BinaryPrimitives.ReadUInt32BigEndian(header);
            if (size == 1 && there == 16)
                size = BinaryPrimitives.ReadInt64BigEndian(header.AsSpan(8));
            if (size == 0)
                size = length - offset;
            if (size < HeaderBytes || size > length - offset)
                throw Broken("a box is larger than its file");
            yield return new IsoBox(BinaryPrimitives.ReadUInt32BigEndian(header.AsSpan(4)), offset, size);
            offset += size;
        }
    }

    /// <summary>A whole box, header included.</summary>
    internal static byte[] Load(Stream file, IsoBox box, int bytesMax)
    {
        if (box.Size > bytesMax)
            throw Broken($"a box has {box.Size} bytes");
        var bytes = new byte[(int)box.Size];
        file.Position = box.Offset;
        file.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>
    /// The content of the box at the end of <paramref name="path"/>, each name four characters; empty when there is
    /// none.
    /// </summary>
    internal static ReadOnlySpan<byte> Find(ReadOnlySpan<byte> content, string path)
    {
        foreach (var name in path.Split('/'))
        {
            content = Child(content, name, out var whole) ? whole[HeaderBytes..] : [];
        }

        return content;
    }

    /// <summary>
    /// As <see cref="Find"/>, but a missing box is an error, and the content has at least <paramref name="bytesMin"/>
    /// bytes.
    /// </summary>
    internal static ReadOnlySpan<byte> Require(ReadOnlySpan<byte> content, string path, int bytesMin)
    {
        var found = Find(content, path);
        return found.Length >= bytesMin ? found : throw Broken($"{path} is missing or too short");
    }

    internal static bool Child(ReadOnlySpan<byte> content, string name, out ReadOnlySpan<byte> whole)
    {
        Span<byte> wanted = stackalloc byte[4];
        System.Text.Encoding.ASCII.GetBytes(name, wanted);
        while (content.Length >= HeaderBytes)
        {
            var size = BinaryPrimitives.ReadUInt32BigEndian(content);
            if (size < HeaderBytes || size > content.Length)
                throw Broken("a box is larger than its parent");
            whole = content[..(int)size];
            if (whole[4..8].SequenceEqual(wanted))
                return true;
            content = content[(int)size..];
        }

        whole = [];
        return false;
    }

    internal static InvalidDataException Broken(string why) =>
        new($"The encoded file is not fragmented MP4 as expected: {why}");
}

/// <summary>Writes boxes; the size of one is known when it is closed.</summary>
internal sealed class IsoWriter
{
    private readonly ArrayBufferWriter<byte> _out = new(4096);

    internal ReadOnlySpan<byte> Written => _out.WrittenSpan;

    internal IsoWriter Box(string type, Action<IsoWriter> content)
    {
        var inner = new IsoWriter();
        content(inner);
        U32((uint)(inner.Written.Length + 8));
        System.Text.Encoding.ASCII.GetBytes(type, _out.GetSpan(4));
        _out.Advance(4);
        return Bytes(inner.Written);
    }

    internal IsoWriter FullBox(string type, byte version, uint flags, Action<IsoWriter> content) =>
        Box(type, box => content(box.U32((uint)version << 24 | flags)));

    internal IsoWriter U16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_out.GetSpan(2), value);
        _out.Advance(2);
        return this;
    }

    internal IsoWriter U32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_out.GetSpan(4), value);
        _out.Advance(4);
        return this;
    }

    internal IsoWriter U64(long value)
    {
        BinaryPrimitives.WriteInt64BigEndian(_out.GetSpan(8), value);
        _out.Advance(8);
        return this;
    }

    internal IsoWriter Bytes(ReadOnlySpan<byte> bytes)
    {
        _out.Write(bytes);
        return this;
    }

    internal IsoWriter Zeros(int count)
    {
        _out.GetSpan(count)[..count].Clear();
        _out.Advance(count);
        return this;
    }
}
