using System.Runtime.ExceptionServices;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Media;
using Veza.Infrastructure.ObjectStorage;

namespace Veza.Features.Uploads;

/// <summary>
/// The bytes of one request on their way to storage, hashed while they pass. A line that is cut looks like the body's
/// end, so that what came before is kept;
/// <see cref="ThrowIfCut"/> tells afterwards.
/// </summary>
internal sealed class UploadBody(
    Stream body,
    ResumableSha256? hash,
    UploadChecksum? checksum,
    byte[] head,
    long bytesMax,
    CancellationToken stopped
) : Stream
{
    private ExceptionDispatchInfo? cut;
    private byte[] beginning = head;
    private long left = bytesMax;

    /// <summary>
    /// The first bytes of the upload, as many as are needed to tell what it is, as far as they are there.
    /// </summary>
    internal byte[] Head => beginning;

    internal bool WasCut => cut is not null;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    internal void ThrowIfCut() => cut?.Throw();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (cut is not null || buffer.Length == 0)
            return 0;
        var read = 0;
        try
        {
            // One byte more than there is room for, so that a body without a length cannot be longer unseen.
            read =
                left == 0
                    ? await body.ReadAsync(new byte[1], stopped)
                    : await body.ReadAsync(buffer[..(int)Math.Min(buffer.Length, left)], stopped);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // BadHttpRequestException, of a body that is too slow or ends too early, is an IOException too.
            cut = ExceptionDispatchInfo.Capture(e);
        }

        if (read > 0 && left == 0)
            throw new RefusedException(
                UploadsErrors.UploadTooLarge.Saying(
                    "The request has more bytes than the upload's length leaves room for"
                )
            );
        var bytes = buffer.Span[..read];
        hash?.Append(bytes);
        checksum?.Append(bytes);
        if (beginning.Length < AudioSniff.BytesWanted && read > 0)
            beginning = [.. beginning, .. bytes[..Math.Min(read, AudioSniff.BytesWanted - beginning.Length)]];
        left -= read;
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("Uploads are read asynchronously.");

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
