using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Dapper;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;
using TracksReads = Veza.Features.Tracks.TracksReads;

namespace Veza.Features.Uploads;

/// <summary>
/// Takes another file for the caller's own track, which keeps its id, words, likes and comments. The old audio plays on
/// until the new one is ready, and is kept as a revision; when the new one fails, the track stays as it was and the
/// revision says why.
/// </summary>
internal sealed class ReplaceAudio(
    PostgresSource postgres,
    IObjectStore store,
    StorageClaims claims,
    UploadQueue queue,
    StorageQuota quota,
    ILogger<FormRoom> log
) : Slice<ReplaceAudio.Request, Revision>
{
    internal sealed record Request(Guid Id);

    internal sealed record Standing(string Status, string StoragePrefix, bool IsPending);

    public override void Configure()
    {
        Put("/tracks/{id}/audio");
        Group<UploadsGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .WithMetadata(new BodyLimit(UploadsLimits.FileBytesMax + UploadsLimits.FormBytesMax))
                .Accepts<ReplaceAudioForm>("multipart/form-data")
                .Described(
                    "Replace a track's audio",
                    Revision.Queued,
                    new JsonObject { ["file"] = "(binary)" },
                    StatusCodes.Status202Accepted,
                    TracksReads.TrackNotFound,
                    TracksReads.TrackNotReady,
                    UploadsErrors.ReplacementPending,
                    Errors.FileMissing,
                    Errors.FileEmpty,
                    UploadsErrors.FormatUnsupported,
                    UploadsErrors.UploadTooLarge,
                    UploadsErrors.QuotaExceeded,
                    UploadsErrors.QueueFull,
                    UploadsErrors.ProcessingBusy,
                    Errors.UnsupportedMediaType
                )
        );
    }

    public override async Task<Answer<Revision>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        Standing? track;
        await using (var before = await postgres.OpenConnectionAsync(ct))
        {
            track = await before.QuerySingleOrDefaultAsync<Standing>(
                """
                select status, storage_prefix,
                  exists (select 1 from track_revision r where r.track_id = t.id
                  and r.state in ('queued', 'processing')) as is_pending
                  from track t where t.id = @id and t.account_id = @UserId
                """,
                new { id, Caller.UserId }
            );
        }

        if (track is null)
            return TracksReads.TrackNotFound;
        if (track.Status is not ("ready" or "failed"))
            return TracksReads.TrackNotReady;
        if (track.IsPending)
            return UploadsErrors.ReplacementPending;
        if (await queue.Refuse(Caller.UserId, ct) is { } full)
            return full;

        // A folder of its own: the upload may be cut, and the number is given when it is whole.
        var uploadId = Guid.CreateVersion7();
        var folder = $"audio/{uploadId}/";
        var (reserved, unreserved) = await FormRoom.Reserve(
            claims,
            quota,
            postgres,
            uploadId,
            track.StoragePrefix + folder,
            Caller.UserId,
            HttpContext.Request.ContentLength ?? UploadsLimits.FileBytesMax,
            log,
            ct
        );
        if (reserved is null)
            return await queue.Promised(unreserved!, Caller.UserId, ct);
        await using var room = reserved;
        var form = new UploadForm(HttpContext.Request);
        await form.Read(store, room.Prefix + NewTrack.OriginalName, ct);

        await using var db = await postgres.OpenConnectionAsync(CancellationToken.None);
        await using var transaction = await db.BeginTransactionAsync(CancellationToken.None);
        var queued = await new NewRevision(
            id,
            Caller.UserId,
            folder + NewTrack.OriginalName,
            form.File!.FileName,
            form.File.SizeBytes,
            form.File.Sha256
        ).Add(db, transaction);
        // Nothing inserted: another replacement was quicker, or the track is gone, which the next look will tell.
        if (queued is null)
            return UploadsErrors.ReplacementPending;
        await NewTrack.Transcode(
            db,
            transaction,
            new JobMatter(Caller.UserId, id, AudioWork.EstimateMs(form.File.Kind, form.File.SizeBytes)),
            queued.Number
        );
        if (!await room.Commit(db, transaction))
            return Errors.Unavailable.Saying("The upload took so long that its place was swept; send it again");
        HttpContext.Response.Headers.Location = $"/api/v1/tracks/{id}/revisions";
        return Answer<Revision>.Of(
            queued.ToRevision(),
            "The new audio is queued; the old one plays on until it is ready",
            StatusCodes.Status202Accepted
        );
    }
}

/// <summary>The form's fields, for the OpenAPI document; the handler reads them from the stream.</summary>
internal sealed record ReplaceAudioForm(IFormFile File);

[JsonSerializable(typeof(ReplaceAudioForm))]
internal sealed partial class ReplaceAudioJson : JsonSerializerContext;
