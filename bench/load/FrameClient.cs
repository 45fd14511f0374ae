using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Veza.Bench.Load;

/// <summary>
/// A WebSocket client that costs the load generator next to nothing: it finds the frames in what it reads and parses
/// nothing.
/// </summary>
internal sealed class FrameClient : IDisposable
{
    internal delegate void FrameTaken(ReadOnlySpan<byte> payload);

    private const int BufferBytes = 64 * 1024,
        MaskedBit = 0x80,
        TextFrame = 0x81,
        CloseFrame = 0x88,
        PingFrame = 0x89,
        PongFrame = 0x8A;
    private readonly Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] buffer = new byte[BufferBytes];
    private int filled;

    internal static async Task<FrameClient> Open(Uri url, params (string Name, string Value)[] headers)
    {
        var client = new FrameClient();
        await client.socket.ConnectAsync("127.0.0.1", url.Port);
        var request = new StringBuilder(
            $"GET {url.PathAndQuery} HTTP/1.1\r\nHost: {url.Authority}\r\nUpgrade: websocket\r\nConnection: "
                + $"Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        );
        request.Append($"Sec-WebSocket-Key: {Convert.ToBase64String(RandomNumberGenerator.GetBytes(16))}\r\n");
        foreach (var (name, value) in headers)
            request.Append($"{name}: {value}\r\n");
        await client.socket.SendAsync(Encoding.ASCII.GetBytes(request.Append("\r\n").ToString()));
        int end;
        while ((end = client.buffer.AsSpan(0, client.filled).IndexOf("\r\n\r\n"u8)) < 0)
            await client.Fill();
        if (!client.buffer.AsSpan().StartsWith("HTTP/1.1 101"u8))
            throw new InvalidOperationException(Encoding.ASCII.GetString(client.buffer, 0, client.filled));
        client.Drop(end + 4);
        return client;
    }

    internal async Task Send(string text) => await SendFrame(TextFrame, Encoding.UTF8.GetBytes(text));

    /// <summary>Gives every text frame, for as long as the connection lives.</summary>
    internal async Task Receive(FrameTaken take)
    {
        while (true)
        {
            var pings = TakeFrames(take);
            for (; pings > 0; pings--)
                await SendFrame(PongFrame, []);
            await Fill();
        }
    }

    public void Dispose() => socket.Dispose();

    private int TakeFrames(FrameTaken take)
    {
        var (at, pings) = (0, 0);
        while (filled - at >= 2)
        {
            var span = buffer.AsSpan(at, filled - at);
            var (head, length) = (2, span[1] & 0x7F);
            if (length == 126 && span.Length >= 4)
                (head, length) = (4, BinaryPrimitives.ReadUInt16BigEndian(span[2..]));
            else if (length >= 126)
                break;
            if (span.Length < head + length)
                break;
            if (span[0] == TextFrame)
                take(span.Slice(head, length));
            if (span[0] == PingFrame)
                pings++;
            if (span[0] == CloseFrame && length >= 2)
                throw new IOException(
                    $"closed by the server: {BinaryPrimitives.ReadUInt16BigEndian(span[head..])} "
                        + Encoding.UTF8.GetString(span[(head + 2)..(head + length)])
                );
            at += head + length;
        }

        Drop(at);
        return pings;
    }

    private void Drop(int count)
    {
        Buffer.BlockCopy(buffer, count, buffer, 0, filled - count);
        filled -= count;
    }

    private async Task Fill()
    {
        var read = await socket.ReceiveAsync(buffer.AsMemory(filled));
        if (read == 0)
            throw new IOException("closed");
        filled += read;
    }

    /// <summary>Masked with zeros, which is a mask like any other.</summary>
    private async Task SendFrame(int kind, byte[] payload)
    {
        var head = payload.Length < 126 ? 6 : 8;
        var frame = new byte[head + payload.Length];
        frame[0] = (byte)kind;
        frame[1] = (byte)(MaskedBit | (head == 6 ? payload.Length : 126));
        if (head == 8)
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)payload.Length);
        payload.CopyTo(frame, head);
        await socket.SendAsync(frame);
    }
}
