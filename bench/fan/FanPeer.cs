using System.Buffers.Text;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Veza.Bench.Fan;

/// <summary>
/// How a contestant is spoken to: WebSocket with Veza's frames, WebSocket with bare text, Socket.IO, NATS.
/// </summary>
internal enum FanProtocol
{
    Veza,
    Text,
    SocketIo,
    Nats,
}

/// <summary>
/// One connection of the load: joins the room, then counts the marks in what it reads. A mark is @@T and the nanosecond
/// of sending in 16 hex digits.
/// </summary>
internal sealed class FanPeer(
    int number,
    FanProtocol protocol,
    FanTarget target,
    bool isSender,
    Action<FanPeer, long> heard
)
{
    private const int MarkChars = 19,
        KeptMax = MarkChars - 1;
    private readonly byte[] kept = new byte[KeptMax];
    private readonly StringBuilder said = new();
    private int keptBytes,
        step;

    internal int Number => number;

    internal bool IsSender => isSender;

    internal bool IsJoined { get; private set; }

    internal Socket Socket { get; } = Epoll.Connect(target.PortOf(number), number);

    /// <summary>The end of what was read before: a mark may be cut in two.</summary>
    internal ReadOnlySpan<byte> Kept => kept.AsSpan(0, keptBytes);

    internal string Said => said.ToString();

    /// <summary>In NATS the server speaks first.</summary>
    internal void Begin()
    {
        if (protocol == FanProtocol.Nats)
            return;
        var path = protocol switch
        {
            FanProtocol.Veza => "/api/v1/chat/ws",
            FanProtocol.SocketIo => "/socket.io/?EIO=4&transport=websocket",
            _ => "/ws",
        };
        var signedIn =
            protocol == FanProtocol.Veza
                ? $"Authorization: Bearer {target.Token}\r\nSec-WebSocket-Protocol: veza.chat.v1\r\n"
                : "";
        Write(
            $"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{target.PortOf(number)}\r\nUpgrade: websocket\r\n"
                + $"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                + $"{signedIn}\r\n"
        );
    }

    internal void Take(ReadOnlySpan<byte> bytes, int seenBytes)
    {
        var rest = bytes;
        for (
            int at;
            (at = rest.IndexOf("@@T"u8)) >= 0 && at + MarkChars <= rest.Length;
            rest = rest[(at + MarkChars)..]
        )
        {
            if (Utf8Parser.TryParse(rest.Slice(at + 3, 16), out long sentNs, out _, 'x'))
                heard(this, sentNs);
        }

        keptBytes = Math.Min(KeptMax, rest.Length);
        rest[^keptBytes..].CopyTo(kept);
        var fresh = bytes[seenBytes..];
        if (!IsJoined)
            Join(Encoding.Latin1.GetString(fresh));
        else if (protocol == FanProtocol.Nats && fresh.IndexOf("PING\r\n"u8) >= 0)
            Write("PONG\r\n");
        else if (protocol == FanProtocol.SocketIo && fresh.Length == 3 && fresh[2] == (byte)'2')
            WriteFrame("3");
        else if (fresh.Length == 2 && fresh[0] == 0x89)
            Socket.Send([0x8A, 0x80, 0, 0, 0, 0]);
    }

    /// <summary>A message with a mark, padded to the size.</summary>
    internal void Say(long nowNs, int bytes)
    {
        var content = string.Create(CultureInfo.InvariantCulture, $"@@T{nowNs:x16}").PadRight(bytes, 'x');
        switch (protocol)
        {
            case FanProtocol.Veza:
                WriteFrame(
                    $"{{\"type\":\"message.send\",\"ref\":\"1\",\"room_id\":\"{target.Room}\",\"client_id\":\"{Guid.CreateVersion7():N}\",\"content\":\"{content}\"}}"
                );
                break;
            case FanProtocol.SocketIo:
                WriteFrame($"42[\"msg\",{{\"content\":\"{content}\"}}]");
                break;
            case FanProtocol.Nats:
                Write($"PUB room {content.Length}\r\n{content}\r\n");
                break;
            default:
                WriteFrame(content);
                break;
        }
    }

    private void Join(string fresh)
    {
        said.Append(fresh);
        var words = said.ToString();
        switch (protocol, step)
        {
            case (FanProtocol.Nats, 0) when words.Contains("INFO ", StringComparison.Ordinal):
                Next("CONNECT {\"verbose\":false}\r\nPING\r\n", frame: false);
                break;
            case (FanProtocol.Nats, 1) when words.Contains("PONG", StringComparison.Ordinal):
                if (!isSender)
                    Write("SUB room 1\r\n");
                IsJoined = true;
                break;
            case (FanProtocol.SocketIo, 0) when words.Contains("\"sid\"", StringComparison.Ordinal):
                Next("40", frame: true);
                break;
            case (FanProtocol.SocketIo, 1) when words.Contains("40{", StringComparison.Ordinal):
                Next(isSender ? "42[\"here\"]" : "42[\"join\"]", frame: true);
                break;
            case (FanProtocol.SocketIo, 2) when words.Contains("joined", StringComparison.Ordinal):
                IsJoined = true;
                break;
            case (FanProtocol.Text, 0) when words.Contains("\r\n\r\n", StringComparison.Ordinal):
                if (!isSender)
                    WriteFrame("J");
                IsJoined = true;
                break;
            case (FanProtocol.Veza, 0) when words.Contains("\r\n\r\n", StringComparison.Ordinal):
                if (!words.StartsWith("HTTP/1.1 101", StringComparison.Ordinal))
                    throw new IOException(words);
                if (isSender || target.Room is null)
                    IsJoined = true;
                else
                    Next($"{{\"type\":\"subscribe\",\"room_id\":\"{target.Room}\"}}", frame: true);
                break;
            case (FanProtocol.Veza, 1) when words.Contains("\"ack\"", StringComparison.Ordinal):
                IsJoined = true;
                break;
        }
    }

    private void Next(string text, bool frame)
    {
        step++;
        said.Clear();
        if (frame)
            WriteFrame(text);
        else
            Write(text);
    }

    private void Write(string text) => Socket.Send(Encoding.ASCII.GetBytes(text));

    /// <summary>Masked with zeros, which the standard allows.</summary>
    private void WriteFrame(string text)
    {
        var payload = Encoding.ASCII.GetBytes(text);
        byte[] head =
            payload.Length < 126
                ? [0x81, (byte)(0x80 | payload.Length), 0, 0, 0, 0]
                : [0x81, 0xFE, (byte)(payload.Length >> 8), (byte)payload.Length, 0, 0, 0, 0];
        Socket.Send([.. head, .. payload]);
    }
}

/// <summary>Where the load goes.</summary>
internal sealed record FanTarget(int[] Ports, string? Token = null, string? Room = null)
{
    internal FanTarget(int port)
        : this([port]) { }

    /// <summary>Nodes take turns.</summary>
    internal int PortOf(int number) => Ports[number % Ports.Length];
}
