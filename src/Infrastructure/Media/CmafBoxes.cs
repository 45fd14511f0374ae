namespace Veza.Infrastructure.Media;

/// <summary>The boxes of a CMAF sound track with one moof per segment.</summary>
internal static class CmafBoxes
{
    private const uint TrackId = 1;
    private const int SidxFixedBytes = 40,
        SidxEntryBytes = 12;
    private const uint EveryFrameIsSync = 0x0200_0000;

    internal static int SidxBytes(int segmentCount) => SidxFixedBytes + SidxEntryBytes * segmentCount;

    /// <summary>ftyp and moov: the init part.</summary>
    internal static byte[] Init(FragmentedMp4 source, CmafCut cut)
    {
        var writer = new IsoWriter()
            .Box("ftyp", box => box.Bytes("iso6"u8).U32(0).Bytes("iso6cmfcmp41dash"u8))
            .Box(
                "moov",
                moov =>
                    moov.FullBox(
                            "mvhd",
                            1,
                            0,
                            box =>
                                Matrix(box.Zeros(16).U32(source.Timescale).U64(0).U32(0x10000).U16(0x100).Zeros(10))
                                    .Zeros(24)
                                    .U32(TrackId + 1)
                        )
                        .Box("trak", trak => Track(trak, source, cut))
                        .Box(
                            "mvex",
                            mvex =>
                                mvex.FullBox("mehd", 1, 0, box => box.U64(cut.SampleCount))
                                    .FullBox(
                                        "trex",
                                        0,
                                        0,
                                        box => box.U32(TrackId).U32(1).U32(0).U32(0).U32(EveryFrameIsSync)
                                    )
                        )
            );
        return writer.Written.ToArray();
    }

    private static void Track(IsoWriter trak, FragmentedMp4 source, CmafCut cut) =>
        trak.FullBox(
                "tkhd",
                1,
                3,
                box =>
                    Matrix(box.Zeros(16).U32(TrackId).Zeros(4).U64(0).Zeros(8).U16(0).U16(1).U16(0x100).Zeros(2))
                        .Zeros(8)
            )
            // The edit says where the sound begins and how long it is: players that mind it play without a gap.
            .Box(
                "edts",
                edts =>
                    edts.FullBox(
                        "elst",
                        1,
                        0,
                        box => box.U32(1).U64(cut.SampleCount).U64(source.EncoderDelay).U16(1).U16(0)
                    )
            )
            .Box(
                "mdia",
                mdia =>
                    mdia.FullBox("mdhd", 1, 0, box => box.Zeros(16).U32(source.Timescale).U64(0).U16(0x55C4).U16(0))
                        .FullBox("hdlr", 0, 0, box => box.U32(0).Bytes("soun"u8).Zeros(12).Bytes("Sound\0"u8))
                        .Box(
                            "minf",
                            minf =>
                                minf.FullBox("smhd", 0, 0, box => box.U32(0))
                                    .Box(
                                        "dinf",
                                        dinf =>
                                            dinf.FullBox(
                                                "dref",
                                                0,
                                                0,
                                                box => box.U32(1).FullBox("url ", 0, 1, _ => { })
                                            )
                                    )
                                    .Box(
                                        "stbl",
                                        stbl =>
                                            stbl.Bytes(source.SampleDescription.Span)
                                                .FullBox("stts", 0, 0, box => box.U32(0))
                                                .FullBox("stsc", 0, 0, box => box.U32(0))
                                                .FullBox("stsz", 0, 0, box => box.U32(0).U32(0))
                                                .FullBox("stco", 0, 0, box => box.U32(0))
                                    )
                        )
            );

    private static IsoWriter Matrix(IsoWriter box) => box.U32(0x10000).Zeros(12).U32(0x10000).Zeros(12).U32(0x40000000);

    internal static byte[] Sidx(uint timescale, IReadOnlyList<CmafReference> references) =>
        new IsoWriter()
            .FullBox(
                "sidx",
                1,
                0,
                box =>
                {
                    box.U32(TrackId).U32(timescale).U64(0).U64(0).U16(0).U16((ushort)references.Count);
                    // 0x9: each segment starts with a stream access point of type 1.
                    foreach (var reference in references)
                        box.U32((uint)reference.Bytes).U32((uint)reference.Duration).U32(0x9000_0000);
                }
            )
            .Written.ToArray();

    /// <summary>A moof and the header of the mdat that follows it.</summary>
    internal static byte[] Moof(uint sequence, long decodeTime, IReadOnlyList<CodedFrame> frames, int dataBytes)
    {
        var usual = frames[0].Duration;
        var isUniform = frames.All(frame => frame.Duration == usual);
        var body = Build(0);
        // The frames begin behind the moof and the mdat's header.
        return new IsoWriter()
            .Bytes(Build((uint)body.Length + 8))
            .U32((uint)dataBytes + 8)
            .Bytes("mdat"u8)
            .Written.ToArray();

        byte[] Build(uint dataOffset) =>
            new IsoWriter()
                .Box(
                    "moof",
                    moof =>
                        moof.FullBox("mfhd", 0, 0, box => box.U32(sequence))
                            .Box(
                                "traf",
                                traf =>
                                    traf.FullBox(
                                            "tfhd",
                                            0,
                                            0x020028,
                                            box => box.U32(TrackId).U32((uint)usual).U32(EveryFrameIsSync)
                                        )
                                        .FullBox("tfdt", 1, 0, box => box.U64(decodeTime))
                                        .FullBox(
                                            "trun",
                                            0,
                                            isUniform ? 0x201u : 0x301u,
                                            box =>
                                            {
                                                box.U32((uint)frames.Count).U32(dataOffset);
                                                foreach (var frame in frames)
                                                {
                                                    if (!isUniform)
                                                        box.U32((uint)frame.Duration);
                                                    box.U32((uint)frame.Bytes);
                                                }
                                            }
                                        )
                            )
                )
                .Written.ToArray();
    }
}
