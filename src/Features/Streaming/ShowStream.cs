using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;
using TracksReads = Veza.Features.Tracks.TracksReads;

namespace Veza.Features.Streaming;

/// <summary>
/// Gives signed URLs of a track, good for its own length and an hour more. Whoever may see the track may play it, or a
/// preview of it where it is its followers' or supporters'.
/// </summary>
[HotRead]
internal sealed class ShowStream(
    PostgresSource postgres,
    StreamGrants grants,
    Ladders ladders,
    Settings settings,
    TimeProvider clock
) : Slice<ShowStream.Request, ShowStream.Response>
{
    internal sealed record Request(Guid Id, double? TargetLufs);

    private static readonly TimeSpan BeyondItsLength = TimeSpan.FromHours(1);

    internal sealed record Variant(
        string Quality,
        string Url,
        string Codec,
        long BitrateBps,
        long SizeBytes,
        int SampleRateHz,
        long SampleCount,
        long EncoderDelaySamples,
        long PaddingSamples
    );

    internal sealed record Part(long StartMs, long DurationMs);

    internal new sealed record Response(
        string HlsUrl,
        string DashUrl,
        DateTime ExpiresAt,
        string Access,
        Part? Preview,
        Normalization Normalization,
        Variant[] Variants
    );

    internal sealed record Row(
        string Status,
        long Revision,
        int StreamEpoch,
        int? PreviewStartMs,
        float? LoudnessLufs,
        float? TruePeakDbtp,
        float? AlbumLufs,
        float? AlbumPeakDbtp,
        bool HearsAll
    );

    private const string ExampleFolder =
        "http://localhost:8080/stream/UR0mkGkBNXABmwxfEREcEZ0-Xw1MGis8wnTPav____8AAP-SnR2wBzfbwHsuQ2kL/019b0c61-2f4e-7a02-b1c8-7f3e9d5a6b10/1/";

    private static readonly Response Example = new(
        ExampleFolder + "master.m3u8",
        ExampleFolder + "manifest.mpd",
        new DateTime(2026, 3, 1, 19, 34, 0, DateTimeKind.Utc),
        "full",
        null,
        new Normalization(0.1, -1.3, -1.1, -14),
        [
            new Variant(
                "320k",
                ExampleFolder + "320k.m4a",
                "mp4a.40.2",
                318_700,
                8_525_000,
                44_100,
                9_437_400,
                1_024,
                488
            ),
        ]
    );

    public override void Configure()
    {
        Get("/api/v1/tracks/{id}/stream");
        Group<StreamingGroup>();
        Description(route =>
            route
                .Anonymous(seesMoreWith: TracksRead)
                .Described(
                    "Create signed URLs to play a track",
                    Example,
                    errors:
                    [
                        TracksReads.TrackNotFound,
                        StreamingErrors.StreamNotFound,
                        TracksReads.TrackNotReady,
                        TracksReads.TrackFailed,
                        StreamingErrors.PreviewTooShort,
                        Errors.Validation,
                    ]
                )
        );
    }

    public override async Task<Answer<Response>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        if (Normalization.Refuse(request.TargetLufs) is { } refused)
            return refused;
        var row = await Find(id, CallerIfAny, postgres, ct);
        switch (row?.Status)
        {
            case null:
                return TracksReads.TrackNotFound;
            case "failed":
                return TracksReads.TrackFailed;
            case not "ready":
                return TracksReads.TrackNotReady;
        }

        if (await ladders.Find(id, row!.Revision, ct) is not { } ladder)
            return StreamingErrors.StreamNotFound;
        Preview? preview = null;
        int? from = row.HearsAll ? null : row.PreviewStartMs ?? (int)(ladder.DurationMs / 3);
        if (from is { } start && (preview = Preview.Of(ladder, start)) is null)
            return StreamingErrors.PreviewTooShort;

        var target = request.TargetLufs ?? Normalization.TargetUsualLufs;
        var normalization = new Normalization(
            Normalization.Gain(row.LoudnessLufs, row.TruePeakDbtp, target),
            Normalization.Gain(row.AlbumLufs, row.AlbumPeakDbtp, target),
            row.TruePeakDbtp is { } peak ? Math.Round(peak, 2) : null,
            target
        );
        var terms = new StreamTerms(
            CallerIfAny?.SessionId ?? Guid.Empty,
            from,
            normalization.TrackGainDb,
            normalization.PeakDbtp,
            row.StreamEpoch
        );
        var expiresAt = clock.GetUtcNow().UtcDateTime + TimeSpan.FromMilliseconds(ladder.DurationMs) + BeyondItsLength;
        var folder =
            $"{settings.PublicUrl.OriginalString}/stream/{grants.Sign(id, row.Revision, terms, expiresAt)}/{id}/{row.Revision}/";
        HttpContext.Response.Headers.CacheControl = "private, no-store";
        return new Response(
            folder + "master.m3u8",
            folder + "manifest.mpd",
            expiresAt,
            preview is null ? "full" : "preview",
            preview is null ? null : new Part(preview.StartMs, preview.DurationMs),
            normalization,
            preview is not null
                ? []
                :
                [
                    .. ladder.Renditions.Select(r => new Variant(
                        r.Quality,
                        folder + r.FileName,
                        r.Codec,
                        r.AverageBandwidthBps,
                        r.SizeBytes,
                        r.SampleRateHz,
                        r.Segments.Sum(segment => segment.Duration),
                        r.EncoderDelaySamples,
                        r.PaddingSamples
                    )),
                ]
        );
    }

    private static async Task<Row?> Find(Guid id, Caller? caller, PostgresSource postgres, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await db.QuerySingleOrDefaultAsync<Row>(
            $"""
            select t.status, t.revision, t.stream_epoch, t.preview_start_ms, t.loudness_lufs, t.true_peak_dbtp,
              album.loudness_lufs as album_lufs, album.true_peak_dbtp as album_peak_dbtp,
                   t.visibility in ('public', 'unlisted')
                     or hears_all(t.visibility, t.account_id, @callerId) as hears_all
              from track t
              {TracksReads.AlbumLoudness}
             where t.id = @id and (t.account_id = @callerId or t.is_open)
            """,
            new { id, callerId = caller?.UserId }
        );
    }
}

[JsonSerializable(typeof(Envelope<ShowStream.Response>))]
internal sealed partial class ShowStreamJson : JsonSerializerContext;
