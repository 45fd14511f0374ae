using System.Net.WebSockets;

namespace Veza.Infrastructure.Realtime;

/// <summary>What came in: a text frame, one that was too large and has been skipped, one that was not text, or the end.</summary>
internal enum FrameKind
{
    Text,
    TooLarge,
    NotText,
    End,
}

/// <summary>The receiving half of a socket: whole frames up to a limit, in one buffer that grows to what a connection really sends.</summary>
internal sealed class FrameReader(WebSocket socket, int frameBytesMax)
{
    private const int BufferBytesFirst = 1024;
    private byte[] buffer = new byte[BufferBytesFirst];

    /// <summary>The frame's bytes are good until the next read. It takes no token: to cancel a read is to cut the socket, and then nobody is told why.</summary>
    internal async ValueTask<(FrameKind Kind, ReadOnlyMemory<byte> Bytes)> Read()
    {
        var filled = 0;
        var tooLarge = false;
        for (;;)
        {
            if (filled == buffer.Length && buffer.Length <= frameBytesMax) Array.Resize(ref buffer, Math.Min(buffer.Length * 2, frameBytesMax + 1));
            if (filled > frameBytesMax) (tooLarge, filled) = (true, 0);
            var part = await socket.ReceiveAsync(buffer.AsMemory(filled), CancellationToken.None);
            if (part.MessageType == WebSocketMessageType.Close) return (FrameKind.End, default);
            filled += part.Count;
            if (!part.EndOfMessage) continue;
            if (tooLarge || filled > frameBytesMax) return (FrameKind.TooLarge, default);
            return part.MessageType == WebSocketMessageType.Text ? (FrameKind.Text, buffer.AsMemory(0, filled)) : (FrameKind.NotText, default);
        }
    }
}
