using System.Text.Json.Serialization;
using Dapper;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Media;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using TracksReads = Veza.Features.Tracks.TracksReads;

namespace Veza.Features.Uploads;

/// <summary>
/// What would become of a file, before a byte of it travels. HEAD says it by its status and <c>Veza-Verdict</c>, GET in
/// its data. Only the uploader's own tracks count: nobody learns what others have.
/// </summary>
[HotRead]
internal static class JudgeUpload
{
    private const int HashHexChars = 64;

    internal sealed record Response(string Verdict, Guid? TrackId);

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapMethods("/api/v1/tracks/by-hash/{sha256}", ["GET", "HEAD"], Handle)
            .WithName("JudgeUpload")
            .WithMetadata(new AnswerMetadata(typeof(Envelope<Response>)))
            .Requires(Permissions.TracksWrite)
            .Documented(
                "Uploads",
                "Check whether a file would be accepted",
                new Response("present", Track.Example.Id),
                errors:
                [
                    TracksReads.TrackNotFound,
                    UploadsErrors.UploadTooLarge,
                    UploadsErrors.FormatUnsupported,
                    UploadsErrors.QuotaExceeded,
                    Errors.Validation,
                ]
            );

    private static async Task<IResult> Handle(
        string sha256,
        long? size_bytes,
        string? file_name,
        HttpContext http,
        Caller caller,
        PostgresSource postgres,
        StorageQuota quota,
        CancellationToken ct
    )
    {
        var digest = new byte[HashHexChars / 2];
        if (
            sha256.Length != HashHexChars
            || Convert.FromHexString(sha256, digest, out _, out _) != System.Buffers.OperationStatus.Done
        )
            return (Answer<Nothing>)
                Errors.Validation.With(new FieldError("sha256", "INVALID_FORMAT", "sha256 is 64 hexadecimal digits"));

        await using var db = await postgres.OpenConnectionAsync(ct);
        var trackId = await db.QueryFirstOrDefaultAsync<Guid?>(
            """
            select id from track where account_id = @UserId and sha256 = @digest and status <> 'failed'
              order by created_at limit 1
            """,
            new { caller.UserId, digest = new PgValue<byte[]>(digest) }
        );
        var (verdict, error) =
            trackId is not null ? ("present", null)
            : size_bytes > UploadsLimits.FileBytesMax ? ("too_large", UploadsErrors.UploadTooLarge)
            : file_name is { Length: > 0 } && AudioNames.Of(file_name) is null
                ? ("unsupported_format", UploadsErrors.FormatUnsupported)
            : size_bytes is { } bytes && !quota.HasRoom(await StorageQuota.Read(db, caller.UserId), bytes)
                ? ("quota_exceeded", UploadsErrors.QuotaExceeded)
            : ("absent", TracksReads.TrackNotFound);
        http.Response.Headers["Veza-Verdict"] = verdict;
        http.Response.Headers.CacheControl = "no-store";
        if (trackId is not null)
            http.Response.Headers.Location = $"/api/v1/tracks/{trackId}";
        if (HttpMethods.IsHead(http.Request.Method))
            return error is null ? TypedResults.StatusCode(StatusCodes.Status200OK) : (Answer<Nothing>)error;
        return Answer<Response>.Of(new Response(verdict, trackId), error?.Message ?? "You have this file already");
    }
}

[JsonSerializable(typeof(Envelope<JudgeUpload.Response>))]
internal sealed partial class JudgeUploadJson : JsonSerializerContext;
