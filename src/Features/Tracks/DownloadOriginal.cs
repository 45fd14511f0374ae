using Dapper;
using Microsoft.Net.Http.Headers;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Tracks;

/// <summary>
/// The file as it was uploaded, for its owner alone. Its ETag is the file's own hash, so a download that broke off goes
/// on where it stopped, on any node and any day.
/// </summary>
[HotRead]
internal static class DownloadOriginal
{
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

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapMethods("/api/v1/tracks/{id}/original", ["GET", "HEAD"], Handle)
            .WithName("DownloadOriginal")
            .Requires(Permissions.TracksRead)
            .Produces(StatusCodes.Status200OK, contentType: ContentType)
            .Produces(StatusCodes.Status206PartialContent, contentType: ContentType)
            .Documented(
                "Tracks",
                "Download a track's original, with byte ranges",
                errors:
                [
                    TracksReads.TrackNotFound,
                    TracksErrors.OriginalNotFound,
                    TracksErrors.OriginalForbidden,
                    TracksReads.TrackFailed,
                    Errors.RangeUnsatisfiable,
                ]
            );

    private static async Task Handle(
        Guid id,
        HttpContext http,
        Caller caller,
        PostgresSource postgres,
        IObjectStore store,
        Revocations revocations,
        CancellationToken ct
    )
    {
        Row? row;
        await using (var db = await postgres.OpenConnectionAsync(ct))
        {
            row = await db.QuerySingleOrDefaultAsync<Row>(
                """
                select account_id = @UserId as is_own, status, failure_code, storage_prefix, original_name, sha256,
                  size_bytes, file_name from track
                 where id = @id and (account_id = @UserId or is_open)
                """,
                new { id, caller.UserId }
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
        {
            await ErrorWriter.Write(http, refused);
            return;
        }

        var disposition = new ContentDispositionHeaderValue("attachment");
        disposition.SetHttpFileName(row!.FileName.Length > 0 ? row.FileName : NewTrack.OriginalName);
        http.Response.Headers.ContentDisposition = disposition.ToString();
        http.Response.Headers.CacheControl = "private, no-cache";
        var etag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(row.Sha256)}\"");
        // It may take an hour: a session that ends meanwhile ends it too.
        using var watch = revocations.OnRevoked(caller.SessionId, Revocations.Ended - 1, http.Abort);
        await new ObjectAnswer(row.StoragePrefix + row.OriginalName, row.SizeBytes, etag, ContentType).Send(
            http,
            store,
            TracksErrors.OriginalNotFound,
            ct
        );
    }
}
