using System.Text.Json.Serialization;
using Dapper;
using FastEndpoints;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Media;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;
using TracksReads = Veza.Features.Tracks.TracksReads;

namespace Veza.Features.Uploads;

/// <summary>
/// What would become of a file, before a byte of it travels. HEAD says it by its status and <c>Veza-Verdict</c>, GET in
/// its data. Only the uploader's own tracks count: nobody learns what others have.
/// </summary>
[HotRead]
internal sealed class JudgeUpload(PostgresSource postgres, StorageQuota quota) : ResultSlice<JudgeUpload.Request>
{
    internal sealed record Request(string Sha256, long? SizeBytes, string? FileName);

    private const int HashHexChars = 64;

    internal new sealed record Response(string Verdict, Guid? TrackId);

    public override void Configure()
    {
        Verbs(Http.GET, Http.HEAD);
        Routes("/tracks/by-hash/{sha256}");
        Group<UploadsGroup>();
        Description(route =>
            route
                .WithMetadata(new AnswerMetadata(typeof(Envelope<Response>)))
                .Requires(TracksWrite)
                .Described(
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
                )
        );
    }

    public override async Task<IResult> ExecuteAsync(Request request, CancellationToken ct)
    {
        var digest = new byte[HashHexChars / 2];
        if (
            request.Sha256.Length != HashHexChars
            || Convert.FromHexString(request.Sha256, digest, out _, out _) != System.Buffers.OperationStatus.Done
        )
            return Errors.Validation.With(
                new FieldError("sha256", "INVALID_FORMAT", "sha256 is 64 hexadecimal digits")
            );

        await using var db = await postgres.OpenConnectionAsync(ct);
        var trackId = await db.QueryFirstOrDefaultAsync<Guid?>(
            """
            select id from track where account_id = @UserId and sha256 = @digest and status <> 'failed'
              order by created_at limit 1
            """,
            new { Caller.UserId, digest = new PgValue<byte[]>(digest) }
        );
        var (verdict, error) =
            trackId is not null ? ("present", null)
            : request.SizeBytes > UploadsLimits.FileBytesMax ? ("too_large", UploadsErrors.UploadTooLarge)
            : request.FileName is { Length: > 0 } && AudioNames.Of(request.FileName) is null
                ? ("unsupported_format", UploadsErrors.FormatUnsupported)
            : request.SizeBytes is { } bytes && !quota.HasRoom(await StorageQuota.Read(db, Caller.UserId), bytes)
                ? ("quota_exceeded", UploadsErrors.QuotaExceeded)
            : ("absent", TracksReads.TrackNotFound);
        HttpContext.Response.Headers["Veza-Verdict"] = verdict;
        HttpContext.Response.Headers.CacheControl = "no-store";
        if (trackId is not null)
            HttpContext.Response.Headers.Location = $"/api/v1/tracks/{trackId}";
        if (HttpMethods.IsHead(HttpContext.Request.Method))
            return error is null ? TypedResults.StatusCode(StatusCodes.Status200OK) : error;
        return Answer<Response>.Of(new Response(verdict, trackId), error?.Message ?? "You have this file already");
    }
}

[JsonSerializable(typeof(Envelope<JudgeUpload.Response>))]
internal sealed partial class JudgeUploadJson : JsonSerializerContext;
