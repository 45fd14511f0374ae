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

namespace Veza.Features.Uploads;

/// <summary>
/// Takes a file, and answers when it is durable in storage and its track and job are committed. A cut upload leaves
/// nothing behind.
/// </summary>
internal sealed class UploadTrack(
    PostgresSource postgres,
    IObjectStore store,
    StorageClaims claims,
    UploadQueue queue,
    StorageQuota quota,
    ILogger<FormRoom> log
) : Slice<Track>
{
    public override void Configure()
    {
        Post("/tracks");
        Group<UploadsGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .WithMetadata(new BodyLimit(UploadsLimits.FileBytesMax + UploadsLimits.FormBytesMax))
                .Accepts<UploadTrackForm>("multipart/form-data")
                .Described(
                    "Upload an audio file",
                    Track.Example with
                    {
                        Status = "queued",
                        Progress = 0,
                        Variants = [],
                        WaveformUrl = null,
                    },
                    new JsonObject
                    {
                        ["file"] = "(binary)",
                        ["title"] = "Night Bus",
                        ["genre"] = "ambient",
                        ["tags"] = "night,city",
                        ["visibility"] = "public",
                    },
                    StatusCodes.Status202Accepted,
                    Errors.FileMissing,
                    Errors.FileEmpty,
                    UploadsErrors.FormatUnsupported,
                    UploadsErrors.UploadTooLarge,
                    UploadsErrors.QuotaExceeded,
                    UploadsErrors.QueueFull,
                    UploadsErrors.ProcessingBusy,
                    Errors.UnsupportedMediaType,
                    Errors.Validation
                )
        );
    }

    protected override async Task<Answer<Track>> Execute(CancellationToken ct)
    {
        if (await queue.Refuse(Caller.UserId, ct) is { } full)
            return full;
        var id = Guid.CreateVersion7();
        var prefix = NewTrack.PrefixOf(id);
        // A request that does not say how long it is may be as long as any.
        var (reserved, unreserved) = await FormRoom.Reserve(
            claims,
            quota,
            postgres,
            id,
            prefix,
            Caller.UserId,
            HttpContext.Request.ContentLength ?? UploadsLimits.FileBytesMax,
            log,
            ct
        );
        if (reserved is null)
            return await queue.Promised(unreserved!, Caller.UserId, ct);
        await using var room = reserved;
        var form = new UploadForm(HttpContext.Request);
        await form.Read(store, prefix + NewTrack.OriginalName, ct);
        var details = UploadDetails.Of(form.Text, form.List("tags"));
        if (details.Refuse() is { } refused)
            return refused;

        // From here on the file is whole: a client that hangs up now still has its track.
        await using var db = await postgres.OpenConnectionAsync(CancellationToken.None);
        await using var transaction = await db.BeginTransactionAsync(CancellationToken.None);
        await new NewTrack(id, Caller.UserId, details, form.File!.FileName, form.File.SizeBytes, form.File.Sha256).Add(
            db,
            transaction
        );
        var row = await db.QuerySingleAsync<TrackRow>(
            $"select {TrackRow.Columns} from track t join account a on a.id = t.account_id where t.id = @id",
            new { id },
            transaction
        );
        await NewTrack.Transcode(
            db,
            transaction,
            new JobMatter(Caller.UserId, id, AudioWork.EstimateMs(form.File.Kind, form.File.SizeBytes))
        );
        if (!await room.Commit(db, transaction))
            return Errors.Unavailable.Saying("The upload took so long that its place was swept; send it again");
        HttpContext.Response.Headers.Location = $"/api/v1/tracks/{id}";
        return Answer<Track>.Of(row.ToTrack(), "The track is queued; watch its status", StatusCodes.Status202Accepted);
    }
}

/// <summary>The form's fields, for the OpenAPI document; the handler reads them from the stream.</summary>
internal sealed record UploadTrackForm(
    IFormFile File,
    string? Title,
    string? Artist,
    string? Album,
    string? Genre,
    string[]? Tags,
    string? Description,
    string? Visibility
);

[JsonSerializable(typeof(Envelope<Track>))]
[JsonSerializable(typeof(UploadTrackForm))]
internal sealed partial class UploadTrackJson : JsonSerializerContext;
