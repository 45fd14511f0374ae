using System.Buffers;
using System.Buffers.Binary;
using System.Text.Unicode;

namespace Veza.Infrastructure.Realtime;

/// <summary>
/// The receiving half of a socket: whole messages up to a limit, by RFC 6455 and no laxer. Pings, pongs and the closing
/// handshake are its own business. It holds no buffer while nothing comes, and never more than one of 4 KiB and one of
/// the largest message.
/// </summary>
internal sealed class FrameReader(Stream stream, SocketConnection connection, int messageBytesMax, TimeProvider clock)
{
    /// <summary>
    /// What is too large is skipped up to here, so that the client learns which request failed; beyond, the connection
    /// is closed with 1009.
    /// </summary>
    internal const int SkippedBytesMax = 1024 * 1024;

    internal const int ControlsPerSecondMax = 20,
        PartsMax = 1024;
    private const int InputBytes = 4096;
    private readonly FrameBudget controls = new(ControlsPerSecondMax, clock);
    private byte[]? input,
        message;
    private int start,
        end,
        filled,
        parts;
    private long skipped;
    private bool isText;

    private bool IsTooLarge => skipped > 0;

    private bool IsInMessage => parts > 0;

    /// <summary>
    /// The message's bytes are good until the next read. It takes no token: to cancel a read is to cut the socket, and
    /// then nobody is told why.
    /// </summary>
    internal async ValueTask<(FrameKind Kind, ReadOnlyMemory<byte> Bytes)> Read()
    {
        try
        {
            Forget();
            FrameHeader header;
            do
            {
                if (await Header() is not { } next)
                    return (FrameKind.End, default);
                header = next;
                if (header.IsControl)
                {
                    if (!await Control(header))
                        return (FrameKind.End, default);
                }
                else if (!await Part(header))
                {
                    return (FrameKind.End, default);
                }
            } while (header.IsControl || !header.IsFinal);

            return await Whole();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            // Cut, by them or by us.
            return (FrameKind.End, default);
        }
    }

    /// <summary>Gives the buffers back.</summary>
    internal void Close()
    {
        Forget();
        Return(ref input);
        (start, end) = (0, 0);
    }

    private async ValueTask<(FrameKind Kind, ReadOnlyMemory<byte> Bytes)> Whole()
    {
        var (kind, bytes) = (
            IsTooLarge ? FrameKind.TooLarge
            : isText ? FrameKind.Text
            : FrameKind.NotText,
            new ReadOnlyMemory<byte>(message, 0, filled)
        );
        parts = 0;
        connection.Times.Receiving(false);
        if (kind != FrameKind.Text || Utf8.IsValid(bytes.Span))
            return (kind, kind == FrameKind.Text ? bytes : default);
        await Fail(CloseCodes.NotUtf8, "text is UTF-8");
        return (FrameKind.End, default);
    }

    private void Forget()
    {
        Return(ref message);
        (filled, skipped, parts) = (0, 0, 0);
    }

    /// <summary>The next frame's header; null at the end.</summary>
    private async ValueTask<FrameHeader?> Header()
    {
        for (; ; )
        {
            if (FrameHeader.TryRead(input.AsSpan(start, end - start), out var header, out var fault))
            {
                start += header.Bytes;
                return header;
            }

            if (fault is not null)
            {
                await Fail(CloseCodes.ProtocolError, fault);
                return null;
            }

            if (!await More())
                return null;
        }
    }

    /// <summary>Takes a part of a message, or the whole of it; false when that was the end.</summary>
    private async ValueTask<bool> Part(FrameHeader header)
    {
        if (IsInMessage != (header.Opcode == Opcode.Continuation))
            return await Fail(
                CloseCodes.ProtocolError,
                IsInMessage ? "the message before is not finished" : "there is no message to continue"
            );
        if (++parts > PartsMax)
            return await Fail(CloseCodes.Policy, "too many fragments");
        if (header.Opcode != Opcode.Continuation)
            isText = header.Opcode == Opcode.Text;
        if (IsTooLarge || header.PayloadBytes > messageBytesMax - filled)
        {
            Return(ref message);
            if (header.PayloadBytes > SkippedBytesMax - filled - skipped)
                return await Fail(CloseCodes.TooLarge, "too large");
            (skipped, filled) = (skipped + filled + header.PayloadBytes, 0);
        }

        for (var taken = 0L; taken < header.PayloadBytes; )
        {
            if (start == end && !await More())
                return false;
            var count = (int)Math.Min(header.PayloadBytes - taken, end - start);
            if (!IsTooLarge)
                Keep(header, taken, input.AsSpan(start, count));
            start += count;
            taken += count;
        }

        return true;
    }

    private void Keep(FrameHeader header, long offset, ReadOnlySpan<byte> bytes)
    {
        if (message is null || message.Length < filled + bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(
                Math.Max(filled + bytes.Length, Math.Min(2 * filled, messageBytesMax))
            );
            message.AsSpan(0, filled).CopyTo(larger);
            Return(ref message);
            message = larger;
        }

        var kept = message.AsSpan(filled, bytes.Length);
        bytes.CopyTo(kept);
        header.Unmask(kept, offset);
        filled += bytes.Length;
    }

    private async ValueTask<bool> Control(FrameHeader header)
    {
        while (end - start < header.PayloadBytes)
            if (!await More())
                return false;
        var payload = input.AsMemory(start, (int)header.PayloadBytes);
        header.Unmask(payload.Span, 0);
        start += payload.Length;
        if (header.Opcode == Opcode.Close)
            return await Goodbye(payload);
        if (!controls.Take())
            return await Fail(CloseCodes.RateLimited, "too many pings");
        if (header.Opcode == Opcode.Ping)
            connection.Send(SocketFrame.Pong(payload.Span));
        return true;
    }

    /// <summary>The other side says goodbye, and hears the same from us.</summary>
    private async ValueTask<bool> Goodbye(ReadOnlyMemory<byte> payload)
    {
        if (payload.Length == 1)
            return await Fail(CloseCodes.ProtocolError, "a close code has two bytes");
        var code = payload.Length == 0 ? CloseCodes.NoCode : BinaryPrimitives.ReadUInt16BigEndian(payload.Span);
        if (payload.Length > 0 && !CloseCodes.MayBeSent(code))
            return await Fail(CloseCodes.ProtocolError, "no such close code");
        if (payload.Length > 2 && !Utf8.IsValid(payload.Span[2..]))
            return await Fail(CloseCodes.NotUtf8, "text is UTF-8");
        connection.Close(code, "");
        return false;
    }

    /// <summary>
    /// Closes, and reads on without looking: a connection that is closed with something unread is reset, and the close
    /// frame with it. Who does not close in turn is cut by <see cref="SocketWatch"/>. Always false: the end.
    /// </summary>
    private async ValueTask<bool> Fail(int code, string reason)
    {
        connection.Close(code, reason);
        Return(ref message);
        do start = end = 0;
        while (await More());
        return false;
    }

    /// <summary>Waits for more bytes; false when the other side has ended.</summary>
    private async ValueTask<bool> More()
    {
        if (start == end)
        {
            (start, end) = (0, 0);
            if (!IsInMessage)
            {
                connection.Times.Receiving(false);
                // Nothing is held while nothing comes: a read of no bytes waits for some.
                Return(ref input);
#pragma warning disable CA2022 // It gives none, by intention.
                await stream.ReadAsync(Memory<byte>.Empty);
#pragma warning restore CA2022
            }
        }

        if (start < end || IsInMessage)
            connection.Times.Receiving(true);
        input ??= ArrayPool<byte>.Shared.Rent(InputBytes);
        if (end == input.Length)
        {
            input.AsSpan(start, end - start).CopyTo(input);
            (start, end) = (0, end - start);
        }

        var read = await stream.ReadAsync(input.AsMemory(end));
        end += read;
        if (read > 0)
            connection.Times.Heard();
        return read > 0;
    }

    private static void Return(ref byte[]? buffer)
    {
        if (buffer is not null)
            ArrayPool<byte>.Shared.Return(buffer);
        buffer = null;
    }
}
