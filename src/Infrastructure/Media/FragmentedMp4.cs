using System.Buffers.Binary;

namespace Veza.Infrastructure.Media;

/// <summary>One coded frame: how many bytes, and how long in units of the timescale.</summary>
internal readonly record struct CodedFrame(int Bytes, int Duration);

/// <summary>A moof with its mdat: where both lie, where the frames begin, and when.</summary>
internal sealed record Mp4Fragment(long Offset, long Size, long DataOffset, long DecodeTime, CodedFrame[] Frames)
{
    internal long Duration => Frames.Sum(frame => (long)frame.Duration);
}

/// <summary>A fragmented MP4 file with one sound track, read fragment by fragment.</summary>
internal sealed class FragmentedMp4
{
    private const int MoovBytesMax = 1 << 20;
    private const int MoofBytesMax = 4 << 20;
    private const int FramesMax = 1 << 18;
    private const uint DefaultDurationFlag = 0x08,
        DefaultSizeFlag = 0x10,
        DefaultFlagsFlag = 0x20,
        BaseOffsetFlag = 0x01,
        DescriptionFlag = 0x02;

    private readonly Stream _file;

    private FragmentedMp4(Stream file, IsoBox moovBox)
    {
        _file = file;
        InitSize = moovBox.End;
        ReadOnlySpan<byte> moov = IsoBoxes.Load(file, moovBox, MoovBytesMax);
        var trak = IsoBoxes.Require(moov[8..], "trak", 8);
        var mdhd = IsoBoxes.Require(trak, "mdia/mdhd", 24);
        Timescale = BinaryPrimitives.ReadUInt32BigEndian(mdhd[(mdhd[0] == 1 ? 20 : 12)..]);
        if (Timescale == 0)
            throw IsoBoxes.Broken("its timescale is 0");
        EncoderDelay = Delay(IsoBoxes.Find(trak, "edts/elst"));
        if (!IsoBoxes.Child(IsoBoxes.Require(trak, "mdia/minf/stbl", 8), "stsd", out var stsd))
            throw IsoBoxes.Broken("stsd is missing");
        SampleDescription = stsd.ToArray();
    }

    /// <summary>The bytes up to the end of the moov: what a player needs before any segment.</summary>
    internal long InitSize { get; }
    internal uint Timescale { get; }

    /// <summary>Samples at the start that the encoder put before the sound, by the edit list.</summary>
    internal long EncoderDelay { get; }

    /// <summary>The stsd box, whole: the decoder's configuration.</summary>
    internal ReadOnlyMemory<byte> SampleDescription { get; }

    internal static FragmentedMp4 Open(Stream file)
    {
        foreach (var box in IsoBoxes.Top(file))
        {
            if (box.Type == IsoBoxes.Moov)
                return new FragmentedMp4(file, box);
        }

        throw IsoBoxes.Broken("moov is missing");
    }

    /// <summary>All fragments with at least one frame, in order.</summary>
    internal IEnumerable<Mp4Fragment> Fragments()
    {
        IsoBox? moof = null;
        foreach (var box in IsoBoxes.Top(_file))
        {
            if (box.Type == IsoBoxes.Moof)
                moof = box;
            if (box.Type != IsoBoxes.Mdat || moof is not { } head)
                continue;
            moof = null;
            if (Parse(head, box) is { Frames.Length: > 0 } fragment)
                yield return fragment;
        }
    }

    private Mp4Fragment Parse(IsoBox moof, IsoBox mdat)
    {
        ReadOnlySpan<byte> bytes = IsoBoxes.Load(_file, moof, MoofBytesMax);
        var traf = IsoBoxes.Require(bytes[8..], "traf", 8);
        var (defaultDuration, defaultSize) = Defaults(IsoBoxes.Require(traf, "tfhd", 8));
        var tfdt = IsoBoxes.Require(traf, "tfdt", 8);
        var decodeTime =
            tfdt[0] == 1 && tfdt.Length >= 12
                ? BinaryPrimitives.ReadInt64BigEndian(tfdt[4..])
                : BinaryPrimitives.ReadUInt32BigEndian(tfdt[4..]);
        var trun = IsoBoxes.Require(traf, "trun", 8);
        var flags = BinaryPrimitives.ReadUInt32BigEndian(trun) & 0xFFFFFF;
        var count = BinaryPrimitives.ReadUInt32BigEndian(trun[4..]);
        var entries = trun[(8 + Four(flags, 0x01) + Four(flags, 0x04))..];
        var entryBytes = Four(flags, 0x100) + Four(flags, 0x200) + Four(flags, 0x400) + Four(flags, 0x800);
        if (count > FramesMax || entries.Length < count * entryBytes)
            throw IsoBoxes.Broken("trun is cut");
        var dataOffset =
            (flags & 0x01) != 0 ? moof.Offset + BinaryPrimitives.ReadInt32BigEndian(trun[8..]) : mdat.Offset + 8;
        var frames = new CodedFrame[count];
        long total = 0;
        for (var i = 0; i < frames.Length; i++)
        {
            var entry = entries.Slice(i * entryBytes, entryBytes);
            var duration = (flags & 0x100) != 0 ? BinaryPrimitives.ReadInt32BigEndian(entry) : defaultDuration;
            var size =
                (flags & 0x200) != 0 ? BinaryPrimitives.ReadInt32BigEndian(entry[Four(flags, 0x100)..]) : defaultSize;
            if (duration < 0 || size < 0)
                throw IsoBoxes.Broken("a frame has a negative size");
            frames[i] = new CodedFrame(size, duration);
            total += size;
        }

        if (dataOffset < mdat.Offset + 8 || dataOffset + total > mdat.End)
            throw IsoBoxes.Broken("frames lie outside their mdat");
        return new Mp4Fragment(moof.Offset, mdat.End - moof.Offset, dataOffset, decodeTime, frames);
    }

    private static (int Duration, int Size) Defaults(ReadOnlySpan<byte> tfhd)
    {
        var flags = BinaryPrimitives.ReadUInt32BigEndian(tfhd) & 0xFFFFFF;
        var at = 8 + ((flags & BaseOffsetFlag) != 0 ? 8 : 0) + Four(flags, DescriptionFlag);
        if (
            tfhd.Length
            < at + Four(flags, DefaultDurationFlag) + Four(flags, DefaultSizeFlag) + Four(flags, DefaultFlagsFlag)
        )
            throw IsoBoxes.Broken("tfhd is cut");
        var duration = (flags & DefaultDurationFlag) != 0 ? BinaryPrimitives.ReadInt32BigEndian(tfhd[at..]) : 0;
        at += Four(flags, DefaultDurationFlag);
        return (duration, (flags & DefaultSizeFlag) != 0 ? BinaryPrimitives.ReadInt32BigEndian(tfhd[at..]) : 0);
    }

    private static long Delay(ReadOnlySpan<byte> elst)
    {
        if (elst.Length < 16)
            return 0;
        var mediaTime =
            elst[0] == 1 && elst.Length >= 24
                ? BinaryPrimitives.ReadInt64BigEndian(elst[16..])
                : BinaryPrimitives.ReadInt32BigEndian(elst[12..]);
        return Math.Max(0, mediaTime);
    }

    private static int Four(uint flags, uint flag) => (flags & flag) != 0 ? 4 : 0;
}
