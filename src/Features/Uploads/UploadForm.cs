using System.Security.Cryptography;
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
    internal async Task Read(IObjectStore store, string key, CancellationToken ct) =>
        File = await MultipartForm.ReadFile(
            request,
            FieldsMax,
            file => Store(file, store, key, ct),
            field => Keep(field, ct),
            ct
        );

    private static async Task<StoredFile> Store(FormPart part, IObjectStore store, string key, CancellationToken ct)
    {
        var file = await part.Begin(AudioSniff.BytesWanted, ct);
        if (AudioSniff.Of(file.Head) is not { } kind)
            throw new RefusedException(UploadsErrors.FormatUnsupported);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var content = file.Content(UploadsLimits.FileBytesMax, UploadsErrors.UploadTooLarge, hash);
        var sizeBytes = await store.Put(key, content, kind.ContentType, ct);
        return new StoredFile(NewTrack.FileNameOf(part.FileName), kind, sizeBytes, hash.GetHashAndReset());
    }

    private async Task Keep(FormPart part, CancellationToken ct)
    {
        var text = await part.Text(FieldBytesMax, ct);
        if (!fields.TryGetValue(part.Name, out var values))
            fields[part.Name] = values = [];
        values.Add(text);
    }
}
