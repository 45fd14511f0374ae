using Dapper;
using Microsoft.Net.Http.Headers;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Media;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Tracks;

/// <summary>
/// How much detail is asked for: at most so many samples in a pixel, or at least so many pixels; neither is the level
/// made for a screen.
/// </summary>
internal sealed record WaveformDetail(int? SamplesPerPixel, int? Pixels)
{
    /// <summary>The finest level with at most so many pixels is given to who asks for none.</summary>
    internal const int PixelsUsual = 16_384;

    internal Error? Refuse() =>
        this switch
        {
            { SamplesPerPixel: not null, Pixels: not null } => Errors.Validation.With(
                new FieldError("pixels", "NOT_ALLOWED", "Ask for samples_per_pixel or for pixels, not for both")
            ),
            { SamplesPerPixel: < 1 } => Errors.Validation.With(
                new FieldError("samples_per_pixel", "OUT_OF_RANGE", "samples_per_pixel is at least 1")
            ),
            { Pixels: < 1 } => Errors.Validation.With(new FieldError("pixels", "OUT_OF_RANGE", "pixels is at least 1")),
            _ => null,
        };

    /// <summary>
    /// The coarsest kept level that shows what is asked for, or the finest there is. Levels stand from fine to coarse.
    /// </summary>
    internal int Of(int[] levels, double samples)
    {
        if (SamplesPerPixel is { } width)
            return levels.LastOrDefault(level => level <= width, levels[0]);
        return Pixels is { } pixels
            ? levels.LastOrDefault(level => samples / level >= pixels, levels[0])
            : levels.FirstOrDefault(level => samples / level <= PixelsUsual, levels[^1]);
    }
}

/// <summary>
/// Finds a track's waveform at one width and answers with it, as JSON or as audiowaveform's binary file. It never
/// changes while the track's revision does not.
/// </summary>
[HotRead]
internal static class StoredWaveform
{
    internal const string BinaryType = "application/octet-stream",
        JsonType = "application/json";

    internal sealed record Row(
        string Status,
        string StoragePrefix,
        long Revision,
        bool IsPublic,
        long? DurationMs,
        int? SampleRateHz,
        int[] WaveformLevels
    );

    internal static string NameOf(int samplesPerPixel) => $"waveform-{samplesPerPixel}.dat";

    internal static async Task<IResult> Answer(
        HttpContext http,
        Guid id,
        Guid? callerId,
        WaveformDetail detail,
        bool isBinary,
        PostgresSource postgres,
        IObjectStore store,
        CancellationToken ct
    )
    {
        if (detail.Refuse() is { } refused)
            return refused;
        Row? row;
        await using (var db = await postgres.OpenConnectionAsync(ct))
        {
            row = await db.QuerySingleOrDefaultAsync<Row>(
                """
                select status, storage_prefix, revision, is_open and visibility = 'public' as is_public, duration_ms,
                       sample_rate_hz, waveform_levels
                  from track where id = @id and (account_id = @callerId or is_open)
                """,
                new { id, callerId }
            );
        }

        if (row is null)
            return TracksReads.TrackNotFound;
        if (row.Status != "ready")
            return TracksErrors.WaveformNotReady;
        // A shared cache keeps what everybody may see, and asks again soon: it may be withdrawn. What somebody sees by
        // knowing its address, or by a bond, is theirs.
        http.Response.Headers.CacheControl = row.IsPublic ? "public, max-age=60" : "private, no-cache";
        http.Response.Headers.Vary = HeaderNames.Accept;
        // The transaction that makes a track ready writes its levels, so this is a row that something else made.
        if (row.WaveformLevels.Length == 0)
            return TracksReads.TrackNotFound;

        var width = detail.Of(
            row.WaveformLevels,
            (row.DurationMs ?? 0) / 1000d * AudioPlan.LossyRateOf(row.SampleRateHz ?? 0)
        );
        var tag = new EntityTagHeaderValue($"\"{row.Revision}-{width}{(isBinary ? "b" : "")}\"");
        http.Response.GetTypedHeaders().ETag = tag;
        if (
            http
                .Request.GetTypedHeaders()
                .IfNoneMatch.Any(known =>
                    known.Compare(tag, useStrongComparison: false) || known.Equals(EntityTagHeaderValue.Any)
                )
        )
            return TypedResults.StatusCode(StatusCodes.Status304NotModified);
        var key = $"{row.StoragePrefix}{row.Revision}/{NameOf(width)}";
        if (await store.Find(key, ct) is not { } facts || facts.SizeBytes > WaveformLevel.FileBytesMax)
            return TracksReads.TrackNotFound;
        var file = new byte[facts.SizeBytes];
        await using (var stored = await store.Open(key, 0, facts.SizeBytes, ct))
            await stored.ReadExactlyAsync(file, ct);
        return isBinary ? TypedResults.Bytes(file, BinaryType) : new AsJson(WaveformLevel.OfFile(file));
    }

    private sealed class AsJson(WaveformLevel level) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.ContentType = JsonType;
            return level.WriteJson(httpContext.Response.BodyWriter, httpContext.RequestAborted);
        }
    }
}
