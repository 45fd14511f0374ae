using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Veza.Infrastructure.Http;

/// <summary>One part of a form: its name, the file's name as the client says it, and its bytes as they come.</summary>
internal sealed record FormPart(string Name, string FileName, Stream Body)
{
    /// <summary>Every form of ours has one file at most, under this name.</summary>
    internal bool IsFile => Name == "file";

    /// <summary>The part as a file. Throws <see cref="RefusedException"/> when it is empty.</summary>
    internal async Task<FormFile> Begin(int headBytes, CancellationToken ct)
    {
        var head = new byte[headBytes];
        var filled = await Body.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, ct);
        return filled > 0 ? new FormFile(head.AsMemory(0, filled), Body) : throw new RefusedException(Errors.FileEmpty);
    }

    /// <summary>
    /// The part as a field's text. Throws <see cref="RefusedException"/> when it is longer, or holds U+0000.
    /// </summary>
    internal async Task<string> Text(int bytesMax, CancellationToken ct)
    {
        var buffer = new byte[bytesMax + 1];
        var filled = await Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, ct);
        if (filled > bytesMax)
            throw new RefusedException(
                Errors.Validation.With(new FieldError(Name, "TOO_LONG", $"{Name} has more than {bytesMax} bytes"))
            );
        return buffer.AsSpan(0, filled).Contains((byte)0)
            ? throw new RefusedException(Errors.CharacterRefused)
            : Encoding.UTF8.GetString(buffer, 0, filled);
    }
}

/// <summary>
/// A multipart body, part after part, as it comes in. Whatever is wrong with it (no boundary, another end than its last
/// boundary, heads that are too long) is a refusal: throws <see cref="RefusedException"/>, from the parts' bytes too.
/// </summary>
internal sealed class MultipartForm
{
    private const int BoundaryCharsMax = 100,
        HeadersMax = 8,
        HeaderBytesMax = 4096,
        BufferBytes = 64 * 1024;
    private readonly MultipartReader _reader;
    private readonly BodyEnd _end = new();
    private readonly int _partsMax;
    private int _parts;

    private MultipartForm(string boundary, Stream body, int partsMax)
    {
        _reader = new MultipartReader(boundary, new WatchedBody(body, _end), BufferBytes)
        {
            HeadersCountLimit = HeadersMax,
            HeadersLengthLimit = HeaderBytesMax,
        };
        _partsMax = partsMax;
    }

    internal static bool Is(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase);

    internal static MultipartForm Open(HttpRequest request, int partsMax)
    {
        if (!Is(request))
            throw new RefusedException(
                Errors.UnsupportedMediaType.Saying("Send the file as multipart/form-data, in a part named 'file'")
            );
        var boundary = HeaderUtilities.RemoveQuotes(MediaTypeHeaderValue.Parse(request.ContentType).Boundary).Value;
        if (string.IsNullOrEmpty(boundary) || boundary.Length > BoundaryCharsMax)
            throw Broken("The form's boundary is missing or too long");
        return new MultipartForm(boundary, request.Body, partsMax);
    }

    /// <summary>The next part that has a name, or null after the last boundary.</summary>
    internal async Task<FormPart?> Next(CancellationToken ct)
    {
        while (await _end.Whole(_reader.ReadNextSectionAsync(ct)) is { } section)
        {
            if (++_parts > _partsMax)
                throw Broken($"The form has more than {_partsMax} parts");
            if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition))
                continue;
            var said = disposition.FileNameStar.HasValue
                ? disposition.FileNameStar
                : HeaderUtilities.RemoveQuotes(disposition.FileName);
            var fileName = said.Value ?? "";
            if (fileName.Contains('\0', StringComparison.Ordinal))
                throw new RefusedException(Errors.CharacterRefused);
            var name = HeaderUtilities.RemoveQuotes(disposition.Name).Value ?? "";
            return new FormPart(name, fileName, new PartBody(section.Body, _end));
        }

        return null;
    }

    /// <summary>
    /// What <paramref name="store"/> makes of the form's one file, once the form is read to its end; the other parts are
    /// for <paramref name="keep"/>. No file, and a second one, are refused.
    /// </summary>
    internal static async Task<T> ReadFile<T>(
        HttpRequest request,
        int partsMax,
        Func<FormPart, Task<T>> store,
        Func<FormPart, Task>? keep,
        CancellationToken ct
    )
        where T : class
    {
        var form = Open(request, partsMax);
        T? stored = null;
        while (await form.Next(ct) is { } part)
        {
            if (!part.IsFile)
                await (keep?.Invoke(part) ?? Task.CompletedTask);
            else if (stored is null)
                stored = await store(part);
            else
                throw new RefusedException(Errors.BadRequest.Saying("The form has two files; upload them one by one"));
        }

        return stored ?? throw new RefusedException(Errors.FileMissing);
    }

    private static RefusedException Broken(string message) => new(Errors.BadRequest.Saying(message));

    private sealed class WatchedBody(Stream body, BodyEnd end) : ReadStream
    {
        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer,
            CancellationToken cancellationToken = default
        )
        {
            var read = await body.ReadAsync(buffer, cancellationToken);
            if (read == 0 && buffer.Length > 0)
                end.IsReached = true;
            return read;
        }
    }

    private sealed class PartBody(Stream part, BodyEnd end) : ReadStream
    {
        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer,
            CancellationToken cancellationToken = default
        ) => await end.Whole(part.ReadAsync(buffer, cancellationToken).AsTask());
    }

    /// <summary>Whether the request's body has ended: who then wants more reads an unfinished form.</summary>
    private sealed class BodyEnd
    {
        internal bool IsReached { get; set; }

        internal async Task<T> Whole<T>(Task<T> reading)
        {
            try
            {
                return await reading;
            }
            catch (IOException) when (IsReached)
            {
                throw Broken("The form ends before its last boundary");
            }
            catch (InvalidDataException)
            {
                throw Broken("The heads of the form's parts are too long, too many or not such");
            }
        }
    }
}
