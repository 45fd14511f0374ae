using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Veza.Infrastructure.Http;

/// <summary>One part of a form: its name, the file's name as the client says it, and its bytes as they come.</summary>
internal sealed record FormPart(string Name, string FileName, Stream Body);

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
