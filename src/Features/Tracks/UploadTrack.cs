using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Dapper;
using FluentValidation;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Tracks;

/// <summary>Takes a file, and answers when it is durable in storage and its track and job are committed. A cut upload leaves nothing behind.</summary>
internal static class UploadTrack
{
    internal sealed record Request(string Title, string Artist, string Album, string Genre, string[] Tags, string Description, string Visibility);

    internal sealed class Rules : RulesFor<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Title).MaximumLength(TracksModule.NameCharsMax).WithErrorCode("TOO_LONG").WithMessage($"A title has at most {TracksModule.NameCharsMax} characters");
            RuleFor(r => r.Artist).MaximumLength(TracksModule.NameCharsMax).WithErrorCode("TOO_LONG").WithMessage($"An artist has at most {TracksModule.NameCharsMax} characters");
            RuleFor(r => r.Album).MaximumLength(TracksModule.NameCharsMax).WithErrorCode("TOO_LONG").WithMessage($"An album has at most {TracksModule.NameCharsMax} characters");
            RuleFor(r => r.Genre).MaximumLength(TracksModule.TagCharsMax).WithErrorCode("TOO_LONG").WithMessage($"A genre has at most {TracksModule.TagCharsMax} characters");
            RuleFor(r => r.Description).MaximumLength(TracksModule.DescriptionCharsMax)
                .WithErrorCode("TOO_LONG").WithMessage($"A description has at most {TracksModule.DescriptionCharsMax} characters");
            RuleFor(r => r.Tags).Must(tags => tags.Length <= TracksModule.TagsMax && tags.All(t => t.Length <= TracksModule.TagCharsMax))
                .WithErrorCode("TOO_MANY").WithMessage($"At most {TracksModule.TagsMax} tags of {TracksModule.TagCharsMax} characters");
            RuleFor(r => r.Visibility).Must(v => v is "public" or "unlisted" or "followers" or "supporters" or "private")
                .WithErrorCode("NOT_ALLOWED").WithMessage("visibility is public, unlisted, followers, supporters or private");
        }
    }

    private static readonly Rules Sound = new();

    internal static void Endpoint(IEndpointRouteBuilder routes) => routes.MapPost("/api/v1/tracks", Handle).WithName("UploadTrack").Requires(Permissions.TracksWrite)
        .WithMetadata(new BodyLimit(TracksModule.UploadBytesMax + TracksModule.FormBytesMax))
        .Accepts<UploadTrackForm>("multipart/form-data")
        .Documented("Tracks", "Upload an audio file", Track.Example with { Status = "queued", Progress = 0, Variants = [], WaveformUrl = null },
            new JsonObject { ["file"] = "(binary)", ["title"] = "Night Bus", ["genre"] = "ambient", ["tags"] = "night,city", ["visibility"] = "public" }, StatusCodes.Status202Accepted,
            Errors.FileMissing, Errors.FileEmpty, Errors.FormatUnsupported, Errors.UploadTooLarge, Errors.QueueFull, Errors.UnsupportedMediaType, Errors.Validation);

    private static async Task<Answer<Track>> Handle(HttpContext http, Caller caller, NpgsqlDataSource postgres, IObjectStore store, StorageClaims claims, CancellationToken ct)
    {
        await using (var before = await postgres.OpenConnectionAsync(ct))
        {
            var waiting = await before.ExecuteScalarAsync<long>("select count(*) from track where account_id = @UserId and status in ('queued', 'processing')", new { caller.UserId });
            if (waiting >= TracksModule.WaitingMax) return Errors.QueueFull;
        }

        var id = Guid.CreateVersion7();
        var prefix = $"tracks/{id}/";
        await using var claim = await claims.Take(prefix, ct);
        var form = new UploadForm(http.Request);
        await form.Read(store, prefix + TracksModule.OriginalName, ct);
        var request = new Request(form.Text("title") ?? "", form.Text("artist") ?? "", form.Text("album") ?? "", form.Text("genre") ?? "",
            form.List("tags"), form.Text("description") ?? "", form.Text("visibility") ?? "public");
        if (Sound.Refuse(request) is { } refused) return refused;

        // From here on the file is whole: a client that hangs up now still has its track.
        await using var db = await postgres.OpenConnectionAsync(CancellationToken.None);
        await using var transaction = await db.BeginTransactionAsync(CancellationToken.None);
        await db.ExecuteAsync("""
            insert into track (id, account_id, title, artist, album, genre, tags, description, visibility, storage_prefix, sha256, size_bytes, file_name)
            values (@id, @UserId, @Title, @Artist, @Album, @Genre, @Tags, @Description, @Visibility, @prefix, @Sha256, @SizeBytes, @FileName)
            """, new
        {
            id, caller.UserId, request.Title, request.Artist, request.Album, request.Genre, Tags = new PgValue<string[]>(request.Tags), request.Description, request.Visibility, prefix,
            Sha256 = new PgValue<byte[]>(form.File!.Sha256), form.File.SizeBytes, form.File.FileName,
        }, transaction);
        var row = await db.QuerySingleAsync<TrackRow>($"select {TrackRow.Columns} from track t join account a on a.id = t.account_id where t.id = @id", new { id }, transaction);
        await JobQueue.Enqueue(db, transaction, TracksModule.Transcode, JsonSerializer.Serialize(new TranscodeTrack.Payload(id), TrackJson.Default.Payload));
        if (!await StorageClaims.Drop(db, transaction, prefix)) return Errors.Unavailable.Saying("The upload took so long that its place was swept; send it again");
        await transaction.CommitAsync(CancellationToken.None);
        claim.Kept = true;
        http.Response.Headers.Location = $"/api/v1/tracks/{id}";
        return Answer<Track>.Of(row.ToTrack(), "The track is queued; watch its status", StatusCodes.Status202Accepted);
    }
}

/// <summary>The form's fields, for the OpenAPI document; the handler reads them from the stream.</summary>
internal sealed record UploadTrackForm(IFormFile File, string? Title, string? Artist, string? Album, string? Genre, string[]? Tags, string? Description, string? Visibility);

[JsonSerializable(typeof(Envelope<Track>))]
[JsonSerializable(typeof(UploadTrackForm))]
internal sealed partial class UploadTrackJson : JsonSerializerContext;
