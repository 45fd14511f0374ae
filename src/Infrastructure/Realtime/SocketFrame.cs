using System.Buffers.Binary;
using System.Text;

namespace Veza.Infrastructure.Realtime;

/// <summary>
/// A frame as it goes over the wire, header and payload, or several that follow each other, in one buffer that nobody
/// changes any more: a message is made into one once, however many sockets it goes to. Servers do not mask.
/// </summary>
internal sealed class SocketFrame
{
    private const byte Final = 0x80;
    private const int ReasonBytesMax = 123;

    /// <summary>An empty ping: the same one for everybody.</summary>
    internal static readonly SocketFrame Ping = new(Opcode.Ping, []);

    private readonly byte[] bytes;

    private SocketFrame(Opcode opcode, ReadOnlySpan<byte> payload)
    {
        var headerBytes =
            payload.Length < 126 ? 2
            : payload.Length <= ushort.MaxValue ? 4
            : 10;
        bytes = GC.AllocateUninitializedArray<byte>(headerBytes + payload.Length);
        bytes[0] = (byte)(Final | (byte)opcode);
        switch (headerBytes)
        {
            case 2:
                bytes[1] = (byte)payload.Length;
                break;
            case 4:
                bytes[1] = 126;
                BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)payload.Length);
                break;
            default:
                bytes[1] = 127;
                BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(2), (ulong)payload.Length);
                break;
        }

        payload.CopyTo(bytes.AsSpan(headerBytes));
        Count = 1;
    }

    private SocketFrame(SocketFrame[] frames)
    {
        bytes = GC.AllocateUninitializedArray<byte>(frames.Sum(frame => frame.Length));
        var at = 0;
        foreach (var frame in frames)
        {
            frame.bytes.CopyTo(bytes, at);
            at += frame.Length;
            Count += frame.Count;
        }
    }

    /// <summary>How many frames are in it.</summary>
    internal int Count { get; }

    internal ReadOnlyMemory<byte> Bytes => bytes;

    internal int Length => bytes.Length;

    /// <summary>These, one behind the other: what goes to many sockets together is queued and copied as one.</summary>
    internal static SocketFrame Join(SocketFrame[] frames) => frames.Length == 1 ? frames[0] : new SocketFrame(frames);

    internal static SocketFrame Text(ReadOnlySpan<byte> payload) => new(Opcode.Text, payload);

    internal static SocketFrame Pong(ReadOnlySpan<byte> payload) => new(Opcode.Pong, payload);

    /// <summary>Code 1005, which stands for a close frame without a code, is answered by one.</summary>
    internal static SocketFrame Close(int code, string reason)
    {
        if (code == CloseCodes.NoCode)
            return new SocketFrame(Opcode.Close, []);
        Span<byte> payload = stackalloc byte[2 + ReasonBytesMax];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        return new SocketFrame(Opcode.Close, payload[..(2 + Encoding.UTF8.GetBytes(reason, payload[2..]))]);
    }
}

/// <summary>What a frame is, by RFC 6455; the others are reserved.</summary>
internal enum Opcode : byte
{
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

/// <summary>Close codes: those of RFC 6455 that this server gives, and its own.</summary>
internal static class CloseCodes
{
    internal const int Normal = 1000,
        ProtocolError = 1002,
        NoCode = 1005,
        Abnormal = 1006,
        NotUtf8 = 1007,
        Policy = 1008,
        TooLarge = 1009,
        InternalError = 1011,
        Restarting = 1012,
        TokenExpired = 4001,
        TooSlow = 4008,
        RateLimited = 4029;

    /// <summary>Whether an endpoint may put this code into a close frame.</summary>
    internal static bool MayBeSent(int code) =>
        code is (>= 1000 and <= 1003) or (>= 1007 and <= 1014) or (>= 3000 and <= 4999);
}
