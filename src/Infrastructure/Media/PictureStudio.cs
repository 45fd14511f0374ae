using Microsoft.Net.Http.Headers;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.Media;

/// <summary>
/// Takes pictures out of requests and makes them anew, in the request itself: somebody waits for it. Bodies in memory and runs of the tool are few; who comes when
/// there is no room is asked to come back.
/// </summary>
internal sealed class PictureStudio(Settings settings) : IDisposable
{
    internal const int BodiesMax = 16, RunsMax = 2, FormBytesMax = 64 * 1024, BodySecondsMax = 60;
    private const int BoundaryCharsMax = 100, PartsMax = 8, BufferBytes = 64 * 1024;

    /// <summary>For routes that take a picture.</summary>
    internal static readonly BodyLimit Limit = new(PictureEncoding.BytesMax + FormBytesMax);

    /// <summary>What <see cref="Take"/> may answer.</summary>
    internal static readonly Error[] Refusals =
    [
        Errors.PictureUnsupported, Errors.PictureDamaged, Errors.PictureMissing, Errors.PicturesBusy, Errors.PicturesUnavailable,
        Errors.PayloadTooLarge, Errors.UnsupportedMediaType, Errors.RequestTimeout,
    ];

    private readonly SemaphoreSlim _bodies = new(BodiesMax), _runs = new(RunsMax);
    private readonly Lazy<Task<MediaSandbox>> _sandbox = new(() => Open(settings));

    /// <summary>The picture that a request brings, as its body or as a form's part <c>file</c>. Throws <see cref="RefusedException"/>.</summary>
    internal async Task<EncodedPicture> Take(HttpRequest request, PictureSizes sizes, CancellationToken ct)
    {
        HeldConnections.MustBeNone("a picture");
        if (!MediaSandbox.IsInstalled) throw new RefusedException(Errors.PicturesUnavailable);
        if (!await _bodies.WaitAsync(0, ct)) throw new RefusedException(Errors.PicturesBusy);
        try
        {
            var file = await Body(request, ct);
            await _runs.WaitAsync(ct);
            try
            {
                return await PictureEncoding.Run(await _sandbox.Value, MediaScratch.Of(settings), file, sizes, ct);
            }
            finally
            {
                _runs.Release();
            }
        }
        catch (PictureRefused refused)
        {
            throw new RefusedException(refused.IsDamaged ? Errors.PictureDamaged : Errors.PictureUnsupported);
        }
        finally
        {
            _bodies.Release();
        }
    }

    public void Dispose()
    {
        _bodies.Dispose();
        _runs.Dispose();
    }

    private static Task<MediaSandbox> Open(Settings settings)
    {
        // A worker has done so at its start.
        if (!settings.Roles.Contains(Roles.Worker)) MediaScratch.Clear(settings);
        return MediaSandbox.Detect(CancellationToken.None, (long)settings.Worker.ToolMemoryMib << 20);
    }

    private static async Task<ReadOnlyMemory<byte>> Body(HttpRequest request, CancellationToken ct)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)) throw Untaken();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(TimeSpan.FromSeconds(BodySecondsMax));
        try
        {
            // What the type says of the picture is not believed; it only tells a picture from a form.
            if (type.Type == "image" || type.MediaType == "application/octet-stream") return await Whole(request.Body, deadline.Token);
            return type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase) ? await Part(request, type, deadline.Token) : throw Untaken();
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new RefusedException(Errors.RequestTimeout);
        }

        static RefusedException Untaken() => new(Errors.UnsupportedMediaType.Saying("Send the picture itself as image/*, or as multipart/form-data in a part named 'file'"));
    }

    private static async Task<ReadOnlyMemory<byte>> Part(HttpRequest request, MediaTypeHeaderValue type, CancellationToken ct)
    {
        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary).Value;
        if (string.IsNullOrEmpty(boundary) || boundary.Length > BoundaryCharsMax) throw new RefusedException(Errors.BadRequest.Saying("The form's boundary is missing or too long"));
        var reader = new Microsoft.AspNetCore.WebUtilities.MultipartReader(boundary, request.Body, BufferBytes) { HeadersCountLimit = 8, HeadersLengthLimit = 4096 };
        for (var parts = 0; parts < PartsMax && await reader.ReadNextSectionAsync(ct) is { } section; parts++)
        {
            if (ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition) && HeaderUtilities.RemoveQuotes(disposition.Name) == "file")
                return await Whole(section.Body, ct);
        }

        throw new RefusedException(Errors.PictureMissing);
    }

    private static async Task<ReadOnlyMemory<byte>> Whole(Stream body, CancellationToken ct)
    {
        using var kept = new MemoryStream();
        var buffer = new byte[BufferBytes];
        for (int count; (count = await body.ReadAsync(buffer, ct)) > 0;)
        {
            if (kept.Length + count > PictureEncoding.BytesMax) throw new RefusedException(Errors.PayloadTooLarge);
            kept.Write(buffer, 0, count);
        }

        return kept.Length > 0 ? kept.GetBuffer().AsMemory(0, (int)kept.Length) : throw new RefusedException(Errors.PictureMissing);
    }
}
