using Dapper;
using FastEndpoints;
using Microsoft.Net.Http.Headers;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Tracks;

/// <summary>
/// The file as it was uploaded, for its owner alone. Its ETag is the file's own hash, so a download that broke off goes
/// on where it stopped, on any node and any day.
/// </summary>
[HotRead]
internal sealed class DownloadOriginal(PostgresSource postgres, IObjectStore store, Revocations revocations)
    : ResultSlice<DownloadOriginal.Request>
{
    internal sealed record Request(Guid Id);

    private const string ContentType = "application/octet-stream";

    internal sealed record Row(
        bool IsOwn,
        string Status,
        string? FailureCode,
        string StoragePrefix,
        string OriginalName,
        byte[] Sha256,
        long SizeBytes,
        string FileName
    );

    public override void Configure()
    {
        Verbs(Http.GET, Http.HEAD);
        Routes("/tracks/{id}/original");
        Group<TracksGroup>();
        Description(route =>
            route
                .Requires(TracksRead)
                .Produces(StatusCodes.Status200OK, contentType: ContentType)
                .Produces(StatusCodes.Status206PartialContent, contentType: ContentType)
                .Described(
                    "Download a track's original, with byte ranges",
                    errors:
                    [
                        TracksReads.TrackNotFound,
                        TracksErrors.OriginalNotFound,
                        TracksErrors.OriginalForbidden,
                        TracksReads.TrackFailed,
                        Errors.RangeUnsatisfiable,
                    ]
                )
        );
    }

    public override async Task<IResult> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        Row? row;
        await using (var db = await postgres.OpenConnectionAsync(ct))
        {
            row = await db.QuerySingleOrDefaultAsync<Row>(
                """
                select account_id = @UserId as is_own, status, failure_code, storage_prefix, original_name, sha256,
                  size_bytes, file_name from track
                 where id = @id and (account_id = @UserId or is_open)
                """,
                new { id, Caller.UserId }
            );
        }

        // A file that was refused is not kept; one that this server could not process is.
        var refused = row switch
        {
            null => TracksReads.TrackNotFound,
            { IsOwn: false } => TracksErrors.OriginalForbidden,
            { Status: "failed", FailureCode: not "PROCESSING_FAILED" } => TracksReads.TrackFailed,
            _ => null,
        };
        if (refused is not null)
            return refused;

        var disposition = new ContentDispositionHeaderValue("attachment");
        disposition.SetHttpFileName(row!.FileName.Length > 0 ? row.FileName : NewTrack.OriginalName);
        HttpContext.Response.Headers.ContentDisposition = disposition.ToString();
        HttpContext.Response.Headers.CacheControl = "private, no-cache";
        var etag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(row.Sha256)}\"");
        // It may take an hour: a session that ends meanwhile ends it too.
        using var watch = revocations.OnRevoked(Caller.SessionId, Revocations.Ended - 1, HttpContext.Abort);
        await new ObjectAnswer(row.StoragePrefix + row.OriginalName, row.SizeBytes, etag, ContentType).Send(
            HttpContext,
            store,
            TracksErrors.OriginalNotFound,
            ct
        );
        return Results.Empty;
    }
}
