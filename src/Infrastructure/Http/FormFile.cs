using System.Security.Cryptography;

namespace Veza.Infrastructure.Http;

/// <summary>A file that a form brings: its first bytes, by which its kind is told, and all of them, once.</summary>
internal sealed class FormFile(ReadOnlyMemory<byte> head, Stream rest)
{
    internal ReadOnlySpan<byte> Head => head.Span;

    internal CountedStream Content(long bytesMax, Error tooLarge, IncrementalHash? hash = null) =>
        new(head, rest, bytesMax, tooLarge, hash);
}

/// <summary>
/// Bytes from an already read head on, counted, and hashed if asked, while they pass. More than so many are refused.
/// </summary>
internal sealed class CountedStream(
    ReadOnlyMemory<byte> head,
    Stream body,
    long bytesMax,
    Error tooLarge,
    IncrementalHash? hash = null
) : ReadStream
{
    private ReadOnlyMemory<byte> rest = head;
    private long count;

    public override long Position
    {
        get => count;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read;
        if (rest.Length > 0)
        {
            read = Math.Min(rest.Length, buffer.Length);
            rest[..read].CopyTo(buffer);
            rest = rest[read..];
        }
        else
        {
            read = await body.ReadAsync(buffer, cancellationToken);
        }

        hash?.AppendData(buffer.Span[..read]);
        count += read;
        return count <= bytesMax ? read : throw new RefusedException(tooLarge);
    }
}
