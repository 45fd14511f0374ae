using System.Net.WebSockets;
using System.Threading.Channels;

namespace Veza.Infrastructure.Realtime;

/// <summary>Close codes of this server beyond those of RFC 6455.</summary>
internal static class CloseCodes
{
    internal const int Restarting = 1012, TokenExpired = 4001, TooSlow = 4008, RateLimited = 4029;
}

/// <summary>
/// The sending half of a socket: a bounded queue and one loop that empties it. Frames are shared buffers, serialized once for everybody. Whoever
/// does not read fills the queue and is closed with 4008; nobody else waits for them.
/// </summary>
internal sealed class SocketConnection(WebSocket socket) : IDisposable
{
    internal const int QueueFramesMax = 1024, QueueBytesMax = 1024 * 1024;
    /// <summary>How long the other side may take to answer a goodbye.</summary>
    internal static readonly TimeSpan CloseMax = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan SendMax = TimeSpan.FromSeconds(10);
    private readonly Channel<ReadOnlyMemory<byte>> queue = Channel.CreateBounded<ReadOnlyMemory<byte>>(new BoundedChannelOptions(QueueFramesMax) { SingleReader = true });
    private readonly CancellationTokenSource closing = new();
    private long queuedBytes;
    private int closeCode;
    private string closeReason = "";

    /// <summary>Cancelled as soon as the connection is to be closed, for whatever reason.</summary>
    internal CancellationToken Closing => closing.Token;

    /// <summary>Queues a frame; false when the connection is closing or was too slow for it.</summary>
    internal bool Send(ReadOnlyMemory<byte> frame)
    {
        if (closing.IsCancellationRequested) return false;
        if (Interlocked.Add(ref queuedBytes, frame.Length) <= QueueBytesMax && queue.Writer.TryWrite(frame)) return true;
        Close(CloseCodes.TooSlow, "too slow");
        return false;
    }

    /// <summary>Ends the connection with the first code that was given.</summary>
    internal void Close(int code, string reason)
    {
        if (Interlocked.CompareExchange(ref closeCode, code, 0) != 0) return;
        closeReason = reason;
        closing.Cancel();
    }

    /// <summary>Sends until the connection closes, then says goodbye as long as the other side listens.</summary>
    internal async Task SendLoop()
    {
        try
        {
            await foreach (var frame in queue.Reader.ReadAllAsync(closing.Token))
            {
                using var limit = new CancellationTokenSource(SendMax);
                await socket.SendAsync(frame, WebSocketMessageType.Text, WebSocketMessageFlags.EndOfMessage, limit.Token);
                Interlocked.Add(ref queuedBytes, -frame.Length);
            }
        }
        catch (OperationCanceledException) when (closing.IsCancellationRequested)
        {
            await SayGoodbye();
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or InvalidOperationException)
        {
            // The other side is gone, or did not take a frame within the limit.
            Close(CloseCodes.TooSlow, "gone");
            socket.Abort();
        }
    }

    internal void Abort() => socket.Abort();

    public void Dispose() => closing.Dispose();

    private async Task SayGoodbye()
    {
        try
        {
            using var limit = new CancellationTokenSource(CloseMax);
            // What was acknowledged is sent, if it can be; the slow have had their chance.
            while (closeCode != CloseCodes.TooSlow && queue.Reader.TryRead(out var frame))
                await socket.SendAsync(frame, WebSocketMessageType.Text, WebSocketMessageFlags.EndOfMessage, limit.Token);
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                await socket.CloseOutputAsync((WebSocketCloseStatus)closeCode, closeReason, limit.Token);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or InvalidOperationException)
        {
            socket.Abort();
        }
    }
}
