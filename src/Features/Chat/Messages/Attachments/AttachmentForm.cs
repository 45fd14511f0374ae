using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.ObjectStorage;

namespace Veza.Features.Chat;

/// <summary>Reads the form of an attachment as it comes in: its one part named file goes straight to storage.</summary>
internal static class AttachmentForm
{
    private const int BoundaryCharsMax = 100, PartsMax = 4;
    private const string NameUsual = "file";

    internal sealed record Stored(string Name, string ContentType, long SizeBytes);

    /// <summary>Throws <see cref="RefusedException"/>.</summary>
    internal static async Task<Stored> Read(HttpRequest request, IObjectStore store, string key, CancellationToken ct)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
            throw new RefusedException(Errors.UnsupportedMediaType.Saying("Send the file as multipart/form-data, in a part named 'file'"));
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).Value;
        if (string.IsNullOrEmpty(boundary) || boundary.Length > BoundaryCharsMax) throw new RefusedException(Errors.BadRequest.Saying("The form's boundary is missing or too long"));
        var reader = new MultipartReader(boundary, request.Body) { HeadersCountLimit = 8, HeadersLengthLimit = 4096 };
        Stored? stored = null;
        for (var parts = 0; await reader.ReadNextSectionAsync(ct) is { } section; parts++)
        {
            if (parts == PartsMax) throw new RefusedException(Errors.BadRequest.Saying($"The form has more than {PartsMax} parts"));
            if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition) || HeaderUtilities.RemoveQuotes(disposition.Name) != "file") continue;
            if (stored is not null) throw new RefusedException(Errors.BadRequest.Saying("The form has two files; upload them one by one"));
            var head = new byte[FileKind.BytesWanted];
            var filled = await section.Body.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, ct);
            if (filled == 0) throw new RefusedException(Errors.FileEmpty);
            var contentType = FileKind.Of(head.AsSpan(0, filled));
            await using var body = new FileBody(head.AsMemory(0, filled), section.Body);
            var bytes = await store.Put(key, body, contentType, ct);
            stored = new Stored(NameOf(disposition.FileNameStar.HasValue ? disposition.FileNameStar.Value : HeaderUtilities.RemoveQuotes(disposition.FileName).Value), contentType, bytes);
        }

        return stored ?? throw new RefusedException(Errors.FileMissing);
    }

    /// <summary>A name for people: without folders and without what cannot be seen. Nothing is stored under it.</summary>
    internal static string NameOf(string? said)
    {
        var name = (said ?? "")[((said ?? "").LastIndexOfAny(['/', '\\']) + 1)..];
        name = string.Concat(name.EnumerateRunes().Where(r => !System.Text.Rune.IsControl(r) && System.Text.Rune.GetUnicodeCategory(r) is not System.Globalization.UnicodeCategory.Format)).Trim();
        if (name.Length > ChatModule.AttachmentNameCharsMax) name = name[..ChatModule.AttachmentNameCharsMax];
        if (name.Length > 0 && char.IsHighSurrogate(name[^1])) name = name[..^1];
        return name.Length == 0 ? NameUsual : name;
    }
}

/// <summary>The file's bytes from its already read head on, counted while they pass.</summary>
internal sealed class FileBody(ReadOnlyMemory<byte> head, Stream body) : Stream
{
    private ReadOnlyMemory<byte> rest = head;
    private long count;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => count; set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = Math.Min(rest.Length, buffer.Length);
        rest[..read].CopyTo(buffer);
        rest = rest[read..];
        if (read == 0) read = await body.ReadAsync(buffer, cancellationToken);
        count += read;
        return count <= ChatModule.AttachmentBytesMax ? read : throw new RefusedException(Errors.AttachmentTooLarge);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Files are read asynchronously.");
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
