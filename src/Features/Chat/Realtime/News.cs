using System.Buffers.Binary;
using Veza.Features.Chat.Messages;
using Veza.Infrastructure.Realtime;

namespace Veza.Features.Chat.Realtime;

/// <summary>What a piece of news is about.</summary>
internal enum NewsKind : byte
{
    /// <summary>A message was posted; it has the seq.</summary>
    Posted = 1,

    /// <summary>
    /// A message was edited, deleted, pinned or reacted to; it has the seq, and the room's change that did it.
    /// </summary>
    Changed = 2,

    /// <summary>A frame that leaves no trace, such as typing; the person it is about does not hear it.</summary>
    Passing = 3,

    /// <summary>A frame that leaves no trace, for the person alone: what they did on another device.</summary>
    Own = 6,

    /// <summary>The person is no member any more; the frame is the last that they hear of the room.</summary>
    Left = 4,

    /// <summary>The room is gone; the frame is the last that anybody hears of it.</summary>
    Ended = 5,
}

/// <summary>
/// Something that happened in a room, as nodes tell it to each other: what everybody hears, and what those hear who see
/// nothing of the person it is about. It is a hint: what was posted and changed stands in PostgreSQL.
/// </summary>
internal sealed record News(
    NewsKind Kind,
    Guid RoomId,
    long Seq,
    long Change,
    Guid UserId,
    Guid[] UnseenBy,
    ReadOnlyMemory<byte> Veiled,
    ReadOnlyMemory<byte> Frame
)
{
    private const int HeaderBytes = 1 + 16 + 8 + 8 + 16 + 4 + 4,
        IdBytes = 16,
        LengthBytes = 4;
    private SocketFrame? frameOnWire,
        veiledOnWire;

    /// <summary>
    /// The frame as it goes to every socket of this node, made once; null where there is nothing to tell. The veiled
    /// one for who sees nothing of the person it is about.
    /// </summary>
    internal SocketFrame? OnWire(bool veiled) =>
        (veiled ? Veiled : Frame).Length == 0 ? null
        : veiled ? veiledOnWire ??= SocketFrame.Text(Veiled.Span)
        : frameOnWire ??= SocketFrame.Text(Frame.Span);

    internal static News Posted(MessageRow row)
    {
        var message = row.ToMessage();
        return new News(
            NewsKind.Posted,
            row.RoomId,
            row.Seq,
            row.Change,
            row.AuthorId,
            row.UnseenBy,
            row.UnseenBy.Length == 0 ? default : Frames.Created(message.Veiled()),
            Frames.Created(message)
        );
    }

    /// <summary>A changed message is told as it is now; who sees nothing of its author has nothing to learn.</summary>
    internal static News Changed(MessageRow row, byte[]? frame = null) =>
        new(
            NewsKind.Changed,
            row.RoomId,
            row.Seq,
            row.Change,
            row.AuthorId,
            row.UnseenBy,
            default,
            frame ?? Frames.Changed(row.ToMessage())
        );

    internal static News Passing(Guid roomId, Guid userId, byte[] frame) =>
        new(NewsKind.Passing, roomId, 0, 0, userId, [], default, frame);

    internal static News Own(Guid roomId, Guid userId, byte[] frame) =>
        Passing(roomId, userId, frame) with
        {
            Kind = NewsKind.Own,
        };

    internal static News Left(Guid roomId, Guid userId, byte[] frame) =>
        new(NewsKind.Left, roomId, 0, 0, userId, [], default, frame);

    internal static News Ended(Guid roomId, byte[] frame) =>
        new(NewsKind.Ended, roomId, 0, 0, Guid.Empty, [], default, frame);

    /// <summary>
    /// kind, room, seq, change, user, how many do not see it, how long the veiled frame is; then these, and the frame.
    /// Big-endian.
    /// </summary>
    internal byte[] Encode()
    {
        var payload = new byte[HeaderBytes + UnseenBy.Length * IdBytes + Veiled.Length + Frame.Length];
        var span = payload.AsSpan();
        span[0] = (byte)Kind;
        RoomId.TryWriteBytes(span[1..]);
        BinaryPrimitives.WriteInt64BigEndian(span[17..], Seq);
        BinaryPrimitives.WriteInt64BigEndian(span[25..], Change);
        UserId.TryWriteBytes(span[33..]);
        BinaryPrimitives.WriteInt32BigEndian(span[49..], UnseenBy.Length);
        BinaryPrimitives.WriteInt32BigEndian(span[53..], Veiled.Length);
        var at = HeaderBytes;
        foreach (var id in UnseenBy)
        {
            id.TryWriteBytes(span[at..]);
            at += IdBytes;
        }

        Veiled.Span.CopyTo(span[at..]);
        Frame.Span.CopyTo(span[(at + Veiled.Length)..]);
        return payload;
    }

    /// <summary>Several pieces as one payload behind a head: each after its length.</summary>
    internal static byte[] EncodeAll(ReadOnlySpan<byte> head, News[] all)
    {
        var pieces = Array.ConvertAll(all, news => news.Encode());
        var payload = new byte[head.Length + pieces.Sum(piece => LengthBytes + piece.Length)];
        head.CopyTo(payload);
        var at = head.Length;
        foreach (var piece in pieces)
        {
            BinaryPrimitives.WriteInt32BigEndian(payload.AsSpan(at), piece.Length);
            piece.CopyTo(payload.AsSpan(at + LengthBytes));
            at += LengthBytes + piece.Length;
        }

        return payload;
    }

    /// <summary>What can be read of it; the rest is no news.</summary>
    internal static News[] DecodeAll(ReadOnlyMemory<byte> payload)
    {
        var all = new List<News>();
        while (payload.Length >= LengthBytes)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(payload.Span);
            if (
                length < 0
                || length > payload.Length - LengthBytes
                || Decode(payload.Slice(LengthBytes, length)) is not { } news
            )
                break;
            all.Add(news);
            payload = payload[(LengthBytes + length)..];
        }

        return [.. all];
    }

    /// <summary>Null for what no node of this kind has written.</summary>
    internal static News? Decode(ReadOnlyMemory<byte> payload)
    {
        var span = payload.Span;
        if (span.Length < HeaderBytes)
            return null;
        var (unseen, veiled) = (
            BinaryPrimitives.ReadInt32BigEndian(span[49..]),
            BinaryPrimitives.ReadInt32BigEndian(span[53..])
        );
        if (
            unseen < 0
            || veiled < 0
            || unseen > span.Length / IdBytes
            || HeaderBytes + unseen * IdBytes + (long)veiled > span.Length
        )
            return null;
        var unseenBy = new Guid[unseen];
        for (var i = 0; i < unseen; i++)
            unseenBy[i] = new Guid(span.Slice(HeaderBytes + i * IdBytes, IdBytes));
        var rest = HeaderBytes + unseen * IdBytes;
        return new News(
            (NewsKind)span[0],
            new Guid(span.Slice(1, IdBytes)),
            BinaryPrimitives.ReadInt64BigEndian(span[17..]),
            BinaryPrimitives.ReadInt64BigEndian(span[25..]),
            new Guid(span.Slice(33, IdBytes)),
            unseenBy,
            payload.Slice(rest, veiled),
            payload[(rest + veiled)..]
        );
    }
}
