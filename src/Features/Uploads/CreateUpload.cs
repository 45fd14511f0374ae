using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Uploads;

/// <summary>
/// Begins an upload by tus and reserves its room; with a body its first bytes are taken too. <c>Upload-Concat:
/// final</c> joins parts that were sent side by side.
/// </summary>
internal sealed class CreateUpload(
    PostgresSource postgres,
    TimeProvider clock,
    StorageQuota quota,
    UploadQueue queue,
    UploadJoin join,
    UploadWriter writer,
    UploadEnd end,
    UploadsSettings settings
) : ResultSlice
{
    public override void Configure()
    {
        Post("/uploads");
        Group<UploadsGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .WithMetadata(new BodyLimit(UploadsLimits.FileBytesMax))
                .Described(
                    "Create a resumable upload (tus 1.0)",
                    status: StatusCodes.Status201Created,
                    errors:
                    [
                        Errors.BadRequest,
                        UploadsErrors.UploadNotFound,
                        UploadsErrors.UploadIncomplete,
                        UploadsErrors.TusVersionUnsupported,
                        UploadsErrors.UploadTooLarge,
                        Errors.UnsupportedMediaType,
                        Errors.Validation,
                        Errors.FileEmpty,
                        UploadsErrors.FormatUnsupported,
                        UploadsErrors.QuotaExceeded,
                        UploadsErrors.QueueFull,
                        UploadsErrors.ProcessingBusy,
                        UploadsErrors.TooManyUploads,
                    ]
                )
        );
    }

    protected override async Task<IResult> Execute(CancellationToken ct)
    {
        var (request, response) = (HttpContext.Request, HttpContext.Response);
        if (Tus.Greet(HttpContext) is { } stranger)
            return stranger;
        var header = request.Headers["Upload-Metadata"].ToString();
        if (Tus.Metadata(header) is not { } metadata)
            return Errors.BadRequest.Saying("Upload-Metadata is pairs of a key and a value in Base64, by commas");
        if (metadata.Any(m => m.Value.Contains('\0', StringComparison.Ordinal)))
            return Errors.CharacterRefused;
        if (Tus.Read(metadata).Details.Refuse() is { } unsound)
            return unsound;
        if (await queue.Refuse(Caller.UserId, ct) is { } busy)
            return busy;

        var id = Guid.CreateVersion7();
        var concat = request.Headers["Upload-Concat"].ToString();
        if (concat.StartsWith("final", StringComparison.Ordinal))
        {
            if (await join.Begin(id, Caller.UserId, concat, header, ct) is { } unjoined)
                return await queue.Promised(unjoined, Caller.UserId, ct);
            Tus.TellTrack(response, id);
        }
        else
        {
            if (concat is not ("" or "partial"))
                return Errors.BadRequest.Saying("Upload-Concat is partial, or final; and the addresses of the parts");
            if (Tus.Bytes(request, "Upload-Length") is not { } lengthBytes)
                return Errors.BadRequest.Saying("Upload-Length is missing; it cannot be told later");
            if (lengthBytes == 0)
                return Errors.FileEmpty;
            if (lengthBytes > UploadsLimits.FileBytesMax)
                return UploadsErrors.UploadTooLarge;
            if (request.ContentLength > 0 && !Tus.HasBody(request))
                return Errors.UnsupportedMediaType.Saying($"Send bytes as {Tus.ContentType}");
            Error? full;
            await using (var db = await postgres.OpenConnectionAsync(ct))
                full = await quota.Reserve(
                    db,
                    id,
                    Caller.UserId,
                    concat == "partial" ? concat : "whole",
                    lengthBytes,
                    header,
                    settings.Expire
                );
            if (full is not null)
                return await queue.Promised(full, Caller.UserId, ct);

            response.Headers.Location = $"{Tus.UploadsPath}/{id}";
            Tus.Tell(response, 0, clock.GetUtcNow().UtcDateTime + settings.Expire);
            if (
                Tus.HasBody(request)
                && await Take(id, Caller, HttpContext, postgres, clock, writer, end, settings, ct) is { } refused
            )
                return refused;
        }

        response.Headers.Location = $"{Tus.UploadsPath}/{id}";
        return TypedResults.StatusCode(StatusCodes.Status201Created);
    }

    private static async Task<Error?> Take(
        Guid id,
        Caller caller,
        HttpContext http,
        PostgresSource postgres,
        TimeProvider clock,
        UploadWriter writer,
        UploadEnd end,
        UploadsSettings settings,
        CancellationToken ct
    )
    {
        var (hold, error) = await UploadHold.Take(postgres, clock, id, caller.UserId, 0, settings.Expire, ct);
        if (hold is null)
            return error;
        await using (hold)
            return await writer.WriteAndEnd(hold, http, end);
    }
}
