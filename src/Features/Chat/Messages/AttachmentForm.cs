using Veza.Infrastructure.Http;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Texts;

namespace Veza.Features.Chat.Messages;

/// <summary>Reads the form of an attachment as it comes in: its one part named file goes straight to storage.</summary>
internal static class AttachmentForm
{
    private const int PartsMax = 4;
    private const string NameUsual = "file";

    internal sealed record Stored(string Name, string ContentType, long SizeBytes);

    /// <summary>Throws <see cref="RefusedException"/>.</summary>
    internal static async Task<Stored> Read(HttpRequest request, IObjectStore store, string key, CancellationToken ct)
    {
        var form = MultipartForm.Open(request, PartsMax);
        Stored? stored = null;
        while (await form.Next(ct) is { } part)
        {
            if (part.Name != "file")
                continue;
            if (stored is not null)
                throw new RefusedException(Errors.BadRequest.Saying("The form has two files; upload them one by one"));
            var head = new byte[FileKind.BytesWanted];
            var filled = await part.Body.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, ct);
            if (filled == 0)
                throw new RefusedException(Errors.FileEmpty);
            var contentType = FileKind.Of(head.AsSpan(0, filled));
            await using var body = new FileBody(head.AsMemory(0, filled), part.Body);
            var bytes = await store.Put(key, body, contentType, ct);
            stored = new Stored(NameOf(part.FileName), contentType, bytes);
        }

        return stored ?? throw new RefusedException(Errors.FileMissing);
    }

    /// <summary>
    /// A name for people: without folders and without what cannot be seen. Nothing is stored under it.
    /// </summary>
    internal static string NameOf(string said)
    {
        var name = said[(said.LastIndexOfAny(['/', '\\']) + 1)..];
        name = string.Concat(
                name.EnumerateRunes()
                    .Where(r =>
                        !System.Text.Rune.IsControl(r)
                        && System.Text.Rune.GetUnicodeCategory(r) is not System.Globalization.UnicodeCategory.Format
                    )
            )
            .Trim();
        return name.Length == 0 ? NameUsual : TextCut.OfFileName(name, ChatLimits.AttachmentNameCharsMax);
    }
}

/// <summary>The file's bytes from its already read head on, counted while they pass.</summary>
internal sealed class FileBody(ReadOnlyMemory<byte> head, Stream body) : ReadStream
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
        var read = Math.Min(rest.Length, buffer.Length);
        rest[..read].CopyTo(buffer);
        rest = rest[read..];
        if (read == 0)
            read = await body.ReadAsync(buffer, cancellationToken);
        count += read;
        return count <= ChatLimits.AttachmentBytesMax
            ? read
            : throw new RefusedException(ChatErrors.AttachmentTooLarge);
    }
}
