using System.Text.Json;
using System.Text.Json.Serialization;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Streaming;

/// <summary>Gives signed URLs of a track, good for its own length and an hour more. Whoever may see the track may play it.</summary>
internal static class ShowStream
{
    private static readonly TimeSpan BeyondItsLength = TimeSpan.FromHours(1);

    internal sealed record Variant(string Quality, string Url, string Codec, long BitrateBps);

    internal sealed record Response(string HlsUrl, DateTime ExpiresAt, Variant[] Variants);

    internal sealed record StoredVariant(string Quality, string Codec, long BitrateBps);

    internal sealed record Row(string Status, long Revision, int StreamEpoch, long? DurationMs, string Variants);

    private static readonly Response Example = new(
        "http://localhost:8080/stream/UR0mkGkBNXABmwxfEREcEZ0-Xw1MGis8wnTPauy20dadrwM929B7Lg/019b0c61-2f4e-7a02-b1c8-7f3e9d5a6b10/1/master.m3u8", new DateTime(2026, 3, 1, 19, 34, 0, DateTimeKind.Utc),
        [new Variant("320k", "http://localhost:8080/stream/UR0mkGkBNXABmwxfEREcEZ0-Xw1MGis8wnTPauy20dadrwM929B7Lg/019b0c61-2f4e-7a02-b1c8-7f3e9d5a6b10/1/320k.m4a", "mp4a.40.2", 318_700)]);

    internal static void Endpoint(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/tracks/{id}/stream", Handle).WithName("ShowStream").Anonymous(seesMoreWith: Permissions.TracksRead)
        .Documented("Streaming", "Signed URLs to play a track", Example, errors: [Errors.TrackNotFound, Errors.TrackNotReady, Errors.TrackFailed]);

    private static async Task<Answer<Response>> Handle(
        Guid id, Caller? caller, HttpContext http, NpgsqlDataSource postgres, StreamGrants grants, Settings settings, TimeProvider clock, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var row = await db.QuerySingleOrDefaultAsync<Row>("""
            select status, revision, stream_epoch, duration_ms, variants::text from track
             where id = @id and (account_id = @callerId or is_open)
            """, new { id, callerId = caller?.UserId });
        switch (row?.Status)
        {
            case null: return Errors.TrackNotFound;
            case "failed": return Errors.TrackFailed;
            case not "ready": return Errors.TrackNotReady;
        }

        var expiresAt = clock.GetUtcNow().UtcDateTime + TimeSpan.FromMilliseconds(row!.DurationMs ?? 0) + BeyondItsLength;
        var folder = $"{settings.PublicUrl.OriginalString}/stream/{grants.Sign(id, row.Revision, row.StreamEpoch, caller?.SessionId ?? Guid.Empty, expiresAt)}/{id}/{row.Revision}";
        var variants = JsonSerializer.Deserialize(row.Variants, ShowStreamJson.Default.StoredVariantArray) ?? [];
        http.Response.Headers.CacheControl = "private, no-store";
        return new Response($"{folder}/master.m3u8", expiresAt, [.. variants.Select(v => new Variant(v.Quality, $"{folder}/{FileName(v.Quality)}", v.Codec, v.BitrateBps))]);
    }

    private static string FileName(string quality) => quality == "lossless" ? "lossless.mp4" : $"{quality}.m4a";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Envelope<ShowStream.Response>))]
[JsonSerializable(typeof(ShowStream.StoredVariant[]))]
internal sealed partial class ShowStreamJson : JsonSerializerContext;
