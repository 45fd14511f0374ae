using System.Security.Cryptography;
using System.Text;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Media;
using Veza.Infrastructure.ObjectStorage;

namespace Veza.Features.Uploads;

/// <summary>What was stored of the form's file.</summary>
internal sealed record StoredFile(string FileName, AudioKind Kind, long SizeBytes, byte[] Sha256);

/// <summary>
/// Reads the multipart form of an upload as it comes in: text fields are kept, the file goes straight to storage while
/// it is hashed. Whatever the file's size, a few buffers are all it costs.
/// </summary>
internal sealed class UploadForm(HttpRequest request)
{
    private const int FieldsMax = 32,
        FieldBytesMax = 16 * 1024;
    private readonly Dictionary<string, List<string>> fields = [];

    internal StoredFile? File { get; private set; }

    internal string? Text(string name) =>
        fields.TryGetValue(name, out var values) && values[^1].Trim() is { Length: > 0 } text ? text : null;

    /// <summary>The values of <c>tags</c>, sent as several fields, as <c>tags[]</c>, or as one with commas.</summary>
    internal string[] List(string name) =>
        UploadDetails.TagsOf(fields.GetValueOrDefault(name, []).Concat(fields.GetValueOrDefault(name + "[]", [])));

    /// <summary>Reads to the end of the form. Throws <see cref="RefusedException"/>.</summary>
    internal async Task Read(IObjectStore store, string key, CancellationToken ct)
    {
        var form = MultipartForm.Open(request, FieldsMax);
        while (await form.Next(ct) is { } part)
        {
            if (part.Name == "file")
                File = await Store(part, store, key, ct);
            else
                await Keep(part, ct);
        }

        if (File is null)
            throw new RefusedException(Errors.FileMissing);
    }

    private async Task<StoredFile> Store(FormPart part, IObjectStore store, string key, CancellationToken ct)
    {
        if (File is not null)
            throw new RefusedException(Errors.BadRequest.Saying("The form has two files; upload them one by one"));
        var head = new byte[AudioSniff.BytesWanted];
        var filled = await part.Body.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, ct);
        if (filled == 0)
            throw new RefusedException(Errors.FileEmpty);
        if (AudioSniff.Of(head.AsSpan(0, filled)) is not { } kind)
            throw new RefusedException(UploadsErrors.FormatUnsupported);

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var beginning = head.AsMemory(0, filled);
        await using var content = new UploadStream(beginning, part.Body, hash, UploadsLimits.FileBytesMax);
        var sizeBytes = await store.Put(key, content, kind.ContentType, ct);
        return new StoredFile(NewTrack.FileNameOf(part.FileName), kind, sizeBytes, hash.GetHashAndReset());
    }

    private async Task Keep(FormPart part, CancellationToken ct)
    {
        var name = part.Name;
        var buffer = new byte[FieldBytesMax + 1];
        var filled = await part.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct);
        if (filled > FieldBytesMax)
            throw new RefusedException(
                Errors.Validation.With(new FieldError(name, "TOO_LONG", $"{name} has more than {FieldBytesMax} bytes"))
            );
        if (!fields.TryGetValue(name, out var values))
            fields[name] = values = [];
        if (buffer.AsSpan(0, filled).Contains((byte)0))
            throw new RefusedException(Errors.CharacterRefused);
        values.Add(Encoding.UTF8.GetString(buffer, 0, filled));
    }
}

/// <summary>The file's bytes from its already read head on, hashed and counted while they pass.</summary>
internal sealed class UploadStream(ReadOnlyMemory<byte> head, Stream body, IncrementalHash hash, long bytesMax)
    : ReadStream
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

        hash.AppendData(buffer.Span[..read]);
        count += read;
        return count <= bytesMax ? read : throw new RefusedException(UploadsErrors.UploadTooLarge);
    }
}
