using System.IO.Pipelines;
using System.Net.Sockets;

namespace Veza.Infrastructure.Realtime;

/// <summary>How what is queued leaves: frames into the pipe of the connection, and what is done when there is nobody to take them.</summary>
internal sealed partial class SocketConnection
{
    /// <summary>Writes what is queued, as many frames at once as fit. One thread at a time: <see cref="SendTurns"/>, while sending is under way.</summary>
    internal void Flush()
    {
        try
        {
            while (Fill())
            {
                // To a write that is taken at once, as most are, there is no more than this.
                var write = output.FlushAsync();
                if (!write.IsCompletedSuccessfully)
                {
                    Times.Stalled(true);
                    _ = GoOn(write);
                    return;
                }

                if (write.Result.IsCompleted) Vanish();
            }
        }
        catch (Exception e) when (HasNoOtherSide(e))
        {
            Vanish();
            // Nothing is left: this says that sending is over.
            Fill();
        }
    }

    private static void Narrow(Socket? socket)
    {
        try
        {
            socket?.SendBufferSize = KernelBytesMax;
        }
        catch (Exception e) when (e is ObjectDisposedException or SocketException)
        {
            // The other side has gone as soon as it was let in; whoever reads finds out.
        }
    }

    private async Task GoOn(ValueTask<FlushResult> write)
    {
        try
        {
            if ((await write).IsCompleted) Vanish();
        }
        catch (Exception e) when (HasNoOtherSide(e))
        {
            Vanish();
        }

        Times.Stalled(false);
        turns.Add(this);
    }

    /// <summary>What the pipe throws when its connection has ended.</summary>
    private static bool HasNoOtherSide(Exception e) => e is IOException or OperationCanceledException or InvalidOperationException;

    /// <summary>Puts what is next into the connection's pipe, which copies it; false when there is nothing, and then sending is over.</summary>
    private bool Fill()
    {
        lock (gate)
        {
            if (queue.Fill(output)) return true;
            isSending = false;
            if (closeCode != 0) cutAt = Math.Min(cutAt, Environment.TickCount64 + (long)CloseMax.TotalMilliseconds);
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
            if (isFirst) closeCode = CloseCodes.Abnormal;
        }

        if (isFirst) _ = closing.CancelAsync();
        Abort();
    }

    private void Abort()
    {
        lock (gate)
            if (hasEnded && !isSending) return;
        lifetime.Abort();
    }
}
