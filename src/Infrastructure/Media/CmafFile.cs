using System.Buffers;

namespace Veza.Infrastructure.Media;

/// <summary>How one rendition is cut: the shape is the same for all of a ladder, each in its own timescale.</summary>
internal sealed record CmafCut(long SegmentSamples, int SegmentCount, long SampleCount);

/// <summary>
/// Cuts the tool's output into a CMAF file whose segments begin at the same instants in every rendition. The tool
/// cannot: it cuts by decode time, and AAC begins 1,024 samples early, so its fragments would lie one frame beside
/// those of FLAC, heard as a gap when a player changes the level. The index (sidx) stands before the first segment, and
/// durations are stated in full, so that the file is also good as a whole.
/// </summary>
internal static class CmafFile
{
    private const int FragmentBytesMax = 64 << 20;

    internal static void Write(Stream raw, Stream done, CmafCut cut)
    {
        var mp4 = FragmentedMp4.Open(raw);
        var init = CmafBoxes.Init(mp4, cut);
        var sidxBytes = CmafBoxes.SidxBytes(cut.SegmentCount);
        // What stands first is known last: its size is not in doubt, so its place is kept.
        done.Position = init.Length + sidxBytes;
        var references = new List<CmafReference>(cut.SegmentCount);
        var frames = new List<CodedFrame>();
        var data = new ArrayBufferWriter<byte>(1 << 18);
        long time = 0,
            segmentStart = 0;

        foreach (var fragment in mp4.Fragments())
        {
            raw.Position = fragment.DataOffset;
            foreach (var frame in fragment.Frames)
            {
                // The last segment takes the rest, so that a remainder of a few frames is no segment of its own.
                var boundary = mp4.EncoderDelay + (references.Count + 1) * cut.SegmentSamples;
                if (time >= boundary && references.Count < cut.SegmentCount - 1)
                    Flush();
                if (data.WrittenCount + frame.Bytes > FragmentBytesMax)
                    throw IsoBoxes.Broken("a segment exceeds 64 MiB");
                raw.ReadExactly(data.GetSpan(frame.Bytes)[..frame.Bytes]);
                data.Advance(frame.Bytes);
                frames.Add(frame);
                time += frame.Duration;
            }
        }

        Flush();
        if (references.Count != cut.SegmentCount)
            throw IsoBoxes.Broken($"{references.Count} segments instead of {cut.SegmentCount}");
        done.Position = 0;
        done.Write(init);
        done.Write(CmafBoxes.Sidx(mp4.Timescale, references));
        done.Flush();

        void Flush()
        {
            if (frames.Count == 0)
                return;
            var moof = CmafBoxes.Moof((uint)references.Count + 1, segmentStart, frames, data.WrittenCount);
            done.Write(moof);
            done.Write(data.WrittenSpan);
            references.Add(new CmafReference(moof.Length + data.WrittenCount, time - segmentStart));
            segmentStart = time;
            frames.Clear();
            data.ResetWrittenCount();
        }
    }
}

/// <summary>
/// What the index at the file's start says of one segment, in media time (the delay included), as players expect it
/// there.
/// </summary>
internal readonly record struct CmafReference(int Bytes, long Duration);
