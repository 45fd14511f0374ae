using Microsoft.Net.Http.Headers;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.Media;

/// <summary>
/// Takes pictures out of requests and makes them anew, in the request itself: somebody waits for it. Bodies in memory
/// and runs of the tool are few; who comes when there is no room, or has their share of it, is asked to come back.
/// </summary>
internal sealed class PictureStudio(Settings settings)
{
    internal const int BodiesMax = 16,
        RunsMax = 2,
        FormBytesMax = 64 * 1024,
        BodySecondsMax = 60;
    private const int PartsMax = 8,
        BufferBytes = 64 * 1024;

    /// <summary>For routes that take a picture.</summary>
    internal static readonly BodyLimit Limit = new(PictureEncoding.BytesMax + FormBytesMax);

    /// <summary>What <see cref="Take"/> may answer.</summary>
    internal static readonly Error[] Refusals =
    [
        Errors.PictureUnsupported,
        Errors.PictureDamaged,
        Errors.PictureMissing,
        Errors.PicturesBusy,
        Errors.PicturesUnavailable,
        Errors.PayloadTooLarge,
        Errors.UnsupportedMediaType,
        Errors.RequestTimeout,
    ];

    private readonly FairSlots _bodies = new(BodiesMax, SlotShares.Of(BodiesMax)),
        _runs = new(RunsMax, SlotShares.OfPersons(1));
    private volatile Task<MediaSandbox>? _sandbox;

    /// <summary>
    /// The picture that a request brings, as its body or as a form's part <c>file</c>. Throws
    /// <see cref="RefusedException"/>.
    /// </summary>
    internal async Task<EncodedPicture> Take(HttpRequest request, PictureSizes sizes, CancellationToken ct)
    {
        HeldConnections.MustBeNone("a picture");
        if (!MediaSandbox.IsInstalled)
            throw new RefusedException(Errors.PicturesUnavailable);
        var holder = SlotHolder.Of(request.HttpContext);
        using var body = _bodies.Take(holder, out var hasShare);
        if (body is null)
            throw new RefusedException(
                hasShare
                    ? Errors.PicturesBusy.Saying(
                        "You are sending as many pictures at once as you may; wait for one of them"
                    )
                    : Errors.PicturesBusy
            );
        try
        {
            var file = await Body(request, ct);
            using var run = await _runs.Wait(holder, ct);
            return await PictureEncoding.Run(await Sandbox(), MediaScratch.Of(settings), file, sizes, ct);
        }
        catch (MediaUnprotectedException)
        {
            // It was said at the start what is missing.
            throw new RefusedException(Errors.PicturesUnavailable);
        }
        catch (PictureRefused refused)
        {
            throw new RefusedException(refused.IsDamaged ? Errors.PictureDamaged : Errors.PictureUnsupported);
        }
    }

    /// <summary>Opened once; an opening that failed is no reason to refuse whoever comes next.</summary>
    private Task<MediaSandbox> Sandbox()
    {
        if (_sandbox is { IsFaulted: false, IsCanceled: false } opened)
            return opened;
        return _sandbox = Open(settings);
    }

    private static Task<MediaSandbox> Open(Settings settings)
    {
        // A worker has done so at its start.
        if (!settings.Roles.Contains(Roles.Worker))
            MediaScratch.Clear(settings);
        return MediaSandbox.Open(settings);
    }

    private static async Task<ReadOnlyMemory<byte>> Body(HttpRequest request, CancellationToken ct)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type))
            throw Untaken();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ct);
        deadline.CancelAfter(TimeSpan.FromSeconds(BodySecondsMax));
        try
        {
            // What the type says of the picture is not believed; it only tells a picture from a form.
            if (type.Type == "image" || type.MediaType == "application/octet-stream")
                return await Whole(request.Body, deadline.Token);
            return MultipartForm.Is(request) ? await Part(request, deadline.Token) : throw Untaken();
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new RefusedException(Errors.RequestTimeout);
        }

        static RefusedException Untaken() =>
            new(
                Errors.UnsupportedMediaType.Saying(
                    "Send the picture itself as image/*, or as multipart/form-data in a part named 'file'"
                )
            );
    }

    private static async Task<ReadOnlyMemory<byte>> Part(HttpRequest request, CancellationToken ct)
    {
        var form = MultipartForm.Open(request, PartsMax);
        while (await form.Next(ct) is { } part)
            if (part.IsFile)
                return await Whole(part.Body, ct);

        throw new RefusedException(Errors.PictureMissing);
    }

    private static async Task<ReadOnlyMemory<byte>> Whole(Stream body, CancellationToken ct)
    {
        using var kept = new MemoryStream();
        var buffer = new byte[BufferBytes];
        for (int count; (count = await body.ReadAsync(buffer, ct)) > 0; )
        {
            if (kept.Length + count > PictureEncoding.BytesMax)
                throw new RefusedException(Errors.PayloadTooLarge);
            kept.Write(buffer, 0, count);
        }

        return kept.Length > 0
            ? kept.GetBuffer().AsMemory(0, (int)kept.Length)
            : throw new RefusedException(Errors.PictureMissing);
    }
}
