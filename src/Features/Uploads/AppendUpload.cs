using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Uploads;

/// <summary>
/// Bytes of an upload from its offset on. With the last one the track is there, and <c>Veza-Track-Id</c> names it. Of a
/// request that is cut, what came in is kept.
/// </summary>
internal sealed class AppendUpload(
    PostgresSource postgres,
    TimeProvider clock,
    UploadWriter writer,
    UploadEnd end,
    UploadsSettings settings
) : ResultSlice<AppendUpload.Request>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Patch("/uploads/{id}");
        Group<UploadsGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .WithMetadata(new BodyLimit(UploadsLimits.FileBytesMax))
                .Described(
                    "Send the bytes of an upload (tus 1.0)",
                    status: StatusCodes.Status204NoContent,
                    errors:
                    [
                        Errors.BadRequest,
                        UploadsErrors.UploadIsFinal,
                        UploadsErrors.UploadNotFound,
                        UploadsErrors.UploadOffsetConflict,
                        UploadsErrors.UploadFinished,
                        UploadsErrors.UploadExpired,
                        UploadsErrors.TusVersionUnsupported,
                        UploadsErrors.UploadTooLarge,
                        Errors.UnsupportedMediaType,
                        UploadsErrors.FormatUnsupported,
                        UploadsErrors.UploadLocked,
                        UploadsErrors.UploadChecksumMismatch,
                    ]
                )
        );
    }

    public override async Task<IResult> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (Tus.Greet(HttpContext) is { } stranger)
            return stranger;
        if (!Tus.HasBody(HttpContext.Request))
            return Errors.UnsupportedMediaType.Saying($"Send bytes as {Tus.ContentType}");
        if (Tus.Bytes(HttpContext.Request, "Upload-Offset") is not { } offsetBytes)
            return Errors.BadRequest.Saying("Upload-Offset is missing");
        var (hold, error) = await UploadHold.Take(
            postgres,
            clock,
            request.Id,
            Caller.UserId,
            offsetBytes,
            settings.Expire,
            ct
        );
        if (hold is null)
            return error!;
        await using (hold)
            if (await writer.WriteAndEnd(hold, HttpContext, end) is { } refused)
                return refused;
        return TypedResults.StatusCode(StatusCodes.Status204NoContent);
    }
}
