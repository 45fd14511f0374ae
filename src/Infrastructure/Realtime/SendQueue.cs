using System.Buffers;

namespace Veza.Infrastructure.Realtime;

/// <summary>
/// What waits to be sent on one connection: shared frames up to two limits, taken out as one write of as many as fit,
/// each copied once. The connection's own lock is around it.
/// </summary>
internal sealed class SendQueue
{
    internal const int FramesMax = 1024,
        BytesMax = 1024 * 1024,
        WriteBytesMax = 32 * 1024;
    private const int LaggingBytes = 128 * 1024,
        KeptFramesMax = 16;
    private readonly Queue<SocketFrame> frames = new();
    private int bytes,
        count;

    internal bool IsLagging => bytes > LaggingBytes;

    /// <summary>False when it is full.</summary>
    internal bool TryAdd(SocketFrame frame)
    {
        if (count + frame.Count > FramesMax || bytes + frame.Length > BytesMax)
            return false;
        Add(frame);
        return true;
    }

    /// <summary>Adds also when it is full: a goodbye.</summary>
    internal void Add(SocketFrame frame)
    {
        frames.Enqueue(frame);
        (bytes, count) = (bytes + frame.Length, count + frame.Count);
    }

    internal void Clear()
    {
        frames.Clear();
        (bytes, count) = (0, 0);
    }

    /// <summary>
    /// Puts as many frames into one write as fit, one at least. False when there is nothing; then what a burst has made
    /// it grow to is let go.
    /// </summary>
    internal bool Fill(IBufferWriter<byte> write)
    {
        var filled = 0;
        for (
            ;
            frames.TryPeek(out var frame) && (filled == 0 || filled + frame.Length <= WriteBytesMax);
            filled += frame.Length
        )
        {
            write.Write(frame.Bytes.Span);
            (bytes, count) = (bytes - frame.Length, count - frame.Count);
            frames.Dequeue();
        }

        if (filled == 0 && frames.Capacity > KeptFramesMax)
            frames.TrimExcess();
        return filled > 0;
    }
}
