using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Uploads;

/// <summary>
/// Bytes of an upload from its offset on. With the last one the track is there, and <c>Veza-Track-Id</c> names it. Of a
/// request that is cut, what came in is kept.
/// </summary>
internal static class AppendUpload
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPatch(Tus.UploadsPath + "/{id}", Handle)
            .WithName("AppendUpload")
            .Requires(Permissions.TracksWrite)
            .WithMetadata(new BodyLimit(UploadsLimits.FileBytesMax))
            .Documented(
                "Uploads",
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
            );

    private static async Task<IResult> Handle(
        Guid id,
        HttpContext http,
        Caller caller,
        PostgresSource postgres,
        TimeProvider clock,
        UploadWriter writer,
        UploadEnd end,
        UploadsSettings settings,
        CancellationToken ct
    )
    {
        if (Tus.Greet(http) is { } stranger)
            return (Answer<Nothing>)stranger;
        if (!Tus.HasBody(http.Request))
            return (Answer<Nothing>)Errors.UnsupportedMediaType.Saying($"Send bytes as {Tus.ContentType}");
        if (Tus.Bytes(http.Request, "Upload-Offset") is not { } offsetBytes)
            return (Answer<Nothing>)Errors.BadRequest.Saying("Upload-Offset is missing");
        var (hold, error) = await UploadHold.Take(
            postgres,
            clock,
            id,
            caller.UserId,
            offsetBytes,
            settings.Expire,
            ct
        );
        if (hold is null)
            return (Answer<Nothing>)error!;
        await using (hold)
            if (await writer.WriteAndEnd(hold, http, end) is { } refused)
                return (Answer<Nothing>)refused;
        return TypedResults.StatusCode(StatusCodes.Status204NoContent);
    }
}
