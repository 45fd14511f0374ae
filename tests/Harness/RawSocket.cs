using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Veza.Tests.Harness;

/// <summary>A frame as it came from the server.</summary>
internal sealed record RawFrame(byte First, byte[] Payload)
{
    internal int Opcode => First & 0x0F;

    internal string Text => Encoding.UTF8.GetString(Payload);

    /// <summary>The code of a close frame; 1005 when it has none.</summary>
    internal int Code => Payload.Length == 0 ? 1005 : BinaryPrimitives.ReadUInt16BigEndian(Payload);
}

/// <summary>A chat socket spoken byte by byte, for clients that break the rules as no library would.</summary>
internal sealed class RawSocket : IDisposable
{
    private const string Key = "dGhlIHNhbXBsZSBub25jZQ==",
        Accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    private readonly TcpClient connection = new() { NoDelay = true };
    private readonly byte[] buffer = new byte[64 * 1024];
    private NetworkStream? stream;
    private int start,
        end;

    private RawSocket() { }

    internal Socket Socket => connection.Client;

    internal static Task<RawSocket> Open(Actor person) => Open(person.Server.Port, person.AccessToken);

    /// <summary>An open socket; the port may be that of a line before the server.</summary>
    internal static async Task<RawSocket> Open(int port, string token, int? receiveBytes = null)
    {
        var (raw, head) = await Shake(port, token, receiveBytes);
        Assert.StartsWith("HTTP/1.1 101 ", head, StringComparison.Ordinal);
        Assert.Contains($"Sec-WebSocket-Accept: {Accept}\r\n", head, StringComparison.Ordinal);
        Assert.Contains("Sec-WebSocket-Protocol: veza.chat.v1\r\n", head, StringComparison.Ordinal);
        return raw;
    }

    /// <summary>What the server says to a handshake in which some headers are others, or missing (null).</summary>
    internal static async Task<string> Refused(
        VezaServer server,
        string? token,
        params (string Name, string? Value)[] headers
    )
    {
        var (raw, head) = await Shake(server.Port, token, null, headers);
        raw.Dispose();
        return head;
    }

    /// <summary>Sends the handshake, and resets the connection so long after, whatever was answered.</summary>
    internal static async Task Rush(VezaServer server, string token, TimeSpan after)
    {
        using var raw = await Ask(server.Port, token, null);
        await Task.Delay(after);
        raw.Socket.LingerState = new LingerOption(true, 0);
    }

    internal async Task Send(byte[] bytes)
    {
        using var deadline = new CancellationTokenSource(Eventually.DeadlineMax);
        await stream!.WriteAsync(bytes, deadline.Token);
    }

    internal Task SendText(string text) => Send(Wire.Text(text));

    /// <summary>Says that nothing more will come, and goes on listening.</summary>
    internal void EndSending() => Socket.Shutdown(SocketShutdown.Send);

    /// <summary>The next frame; null when the server has ended the connection.</summary>
    internal async Task<RawFrame?> Read()
    {
        try
        {
            var first = await Next(2);
            if (first is null)
                return null;
            Assert.True((first[1] & 0x80) == 0, "A server does not mask.");
            var length = first[1] & 0x7F;
            if (length == 126)
                length = BinaryPrimitives.ReadUInt16BigEndian(await Next(2));
            else if (length == 127)
                length = (int)BinaryPrimitives.ReadUInt64BigEndian(await Next(8));
            return await Next(length) is { } payload ? new RawFrame(first[0], payload) : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The next frame that is no ping.</summary>
    internal async Task<RawFrame?> Heard()
    {
        while (true)
        {
            var frame = await Read();
            if (frame is not { Opcode: 9 })
                return frame;
        }
    }

    /// <summary>Everything to the close frame or the end; the code, or null when there was none.</summary>
    internal async Task<int?> Closed()
    {
        while (await Read() is { } frame)
            if (frame.Opcode == 8)
                return frame.Code;
        return null;
    }

    public void Dispose() => connection.Dispose();

    private static async Task<(RawSocket Raw, string Head)> Shake(
        int port,
        string? token,
        int? receiveBytes,
        params (string Name, string? Value)[] headers
    )
    {
        var raw = await Ask(port, token, receiveBytes, headers);
        return (raw, await raw.Head());
    }

    private static async Task<RawSocket> Ask(
        int port,
        string? token,
        int? receiveBytes,
        params (string Name, string? Value)[] headers
    )
    {
        var raw = new RawSocket();
        if (receiveBytes is { } bytes)
            raw.connection.ReceiveBufferSize = bytes;
        await raw.connection.ConnectAsync("127.0.0.1", port);
        raw.stream = raw.connection.GetStream();
        var all = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase)
        {
            ["Host"] = "127.0.0.1:" + port.ToString(CultureInfo.InvariantCulture),
            ["Upgrade"] = "websocket",
            ["Connection"] = "Upgrade",
            ["Sec-WebSocket-Key"] = Key,
            ["Sec-WebSocket-Version"] = "13",
            ["Sec-WebSocket-Protocol"] = "veza.chat.v1",
            ["Authorization"] = token is null ? null : $"Bearer {token}",
        };
        foreach (var (name, value) in headers)
            all[name] = value;
        var lines = string.Concat(all.Where(h => h.Value is not null).Select(h => $"{h.Key}: {h.Value}\r\n"));
        await raw.Send(Encoding.ASCII.GetBytes($"GET /api/v1/chat/ws HTTP/1.1\r\n{lines}\r\n"));
        return raw;
    }

    private async Task<string> Head()
    {
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            head.Append(
                (char)
                    (
                        await Next(1)
                        ?? throw new InvalidOperationException($"The server ended before its answer did: {head}")
                    )[0]
            );
        return head.ToString();
    }

    private async Task<byte[]?> Next(int count)
    {
        var taken = new byte[count];
        using var deadline = new CancellationTokenSource(Eventually.DeadlineMax);
        for (var filled = 0; filled < count; )
        {
            if (start == end)
            {
                (start, end) = (0, await stream!.ReadAsync(buffer, deadline.Token));
                if (end == 0)
                    return null;
            }

            var part = Math.Min(count - filled, end - start);
            buffer.AsSpan(start, part).CopyTo(taken.AsSpan(filled));
            (start, filled) = (start + part, filled + part);
        }

        return taken;
    }
}

/// <summary>Frames of a client as bytes, sound unless they are asked to be otherwise.</summary>
internal static class Wire
{
    internal const int More = 0,
        Continue = 0x80,
        Say = 0x81,
        Binary = 0x82,
        Close = 0x88,
        Ping = 0x89,
        Pong = 0x8A;

    internal static byte[] Text(string text) => Frame(Say, Encoding.UTF8.GetBytes(text));

    /// <summary>
    /// The first byte, the payload; the mask, null for none; how many bytes tell the length (0, 2, 8), and what they
    /// say.
    /// </summary>
    internal static byte[] Frame(
        int first,
        byte[] payload,
        uint? mask = 0x5A17C3E9,
        int? lengthBytes = null,
        ulong? says = null
    )
    {
        var length = says ?? (ulong)payload.Length;
        var bytes =
            lengthBytes
            ?? (
                length < 126 ? 0
                : length <= ushort.MaxValue ? 2
                : 8
            );
        var frame = new List<byte>
        {
            (byte)first,
            (byte)(
                (mask is null ? 0 : 0x80)
                | (
                    bytes == 0 ? (int)length
                    : bytes == 2 ? 126
                    : 127
                )
            ),
        };
        for (var i = bytes - 1; i >= 0; i--)
            frame.Add((byte)(length >> 8 * i));
        if (mask is not { } key)
            return [.. frame, .. payload];
        for (var i = 0; i < 4; i++)
            frame.Add((byte)(key >> 8 * i));
        return [.. frame, .. payload.Select((b, i) => (byte)(b ^ (byte)(key >> 8 * (i % 4))))];
    }

    internal static byte[] CloseFrame(int code, byte[]? reason = null) =>
        Frame(Close, [(byte)(code >> 8), (byte)code, .. reason ?? []]);
}
