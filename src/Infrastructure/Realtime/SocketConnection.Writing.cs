using System.Buffers;
using System.Net.Sockets;
using Veza.Infrastructure.Loops;

namespace Veza.Infrastructure.Realtime;

/// <summary>How what is queued leaves, and what is done when there is nobody to take it.</summary>
internal sealed partial class SocketConnection
{
    /// <summary>
    /// Writes what is queued, as many frames at once as fit into the buffer. One thread at a time:
    /// <see cref="SendTurns"/>, while sending is under way.
    /// </summary>
    internal void Flush(ArrayBufferWriter<byte> buffer)
    {
        try
        {
            while (Fill(buffer))
            {
                // To a write that is taken at once, as most are, there is no more than this.
                var write = output.Write(buffer.WrittenMemory, Times.HasHeard);
                if (!write.IsCompletedSuccessfully)
                {
                    Times.Stalled(true);
                    _ = GoOn(write);
                    return;
                }

                if (!write.Result)
                    Vanish();
            }
        }
        catch (Exception e) when (HasNoOtherSide(e))
        {
            Vanish();
            // Nothing is left: this says that sending is over.
            Fill(buffer);
        }
    }

    private async Task GoOn(ValueTask<bool> write)
    {
        try
        {
            if (!await write)
                Vanish();
        }
        catch (Exception e) when (HasNoOtherSide(e))
        {
            Vanish();
        }

        Times.Stalled(false);
        turns.Add(this);
    }

    /// <summary>What a write throws when its connection has ended.</summary>
    private static bool HasNoOtherSide(Exception e) =>
        e is IOException or SocketException or OperationCanceledException or InvalidOperationException;

    /// <summary>Takes what is next; false when there is nothing, and then sending is over.</summary>
    private bool Fill(ArrayBufferWriter<byte> buffer)
    {
        buffer.ResetWrittenCount();
        lock (gate)
        {
            if (queue.Fill(buffer))
                return true;
            isSending = false;
            if (closeCode != 0)
                cutAt = Math.Min(cutAt, clock.Milliseconds() + (long)CloseMax.TotalMilliseconds);
            sent?.TrySetResult();
            return false;
        }
    }

    /// <summary>The other side is gone without a word: nothing more can be said to it.</summary>
    private void Vanish()
    {
        bool isFirst;
        lock (gate)
        {
            queue.Clear();
            isFirst = closeCode == 0;
            if (isFirst)
                closeCode = CloseCodes.Abnormal;
        }

        if (isFirst)
            _ = closing.CancelAsync();
        Abort();
    }

    private void Abort()
    {
        lock (gate)
            if (hasEnded && !isSending)
                return;
        lifetime.Abort();
    }
}
