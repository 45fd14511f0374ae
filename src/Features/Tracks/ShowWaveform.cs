using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Security;

namespace Veza.Features.Tracks;

/// <summary>The waveform in the JSON shape of audiowaveform, version 2, without an envelope, so that peaks.js and wavesurfer.js read it as it is.</summary>
internal static class ShowWaveform
{
    internal sealed record Row(string Status, string StoragePrefix, long Revision, string Visibility);

    internal static void Endpoint(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/tracks/{id}/waveform", Handle).WithName("ShowWaveform").Anonymous(seesMoreWith: Permissions.TracksRead)
        .Produces<Infrastructure.Media.WaveformShape>()
        .Documented("Tracks", "A track's waveform", errors: [Errors.TrackNotFound, Errors.WaveformNotReady]);

    private static async Task<IResult> Handle(Guid id, Caller? caller, HttpContext http, NpgsqlDataSource postgres, IObjectStore store, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var row = await db.QuerySingleOrDefaultAsync<Row>("""
            select status, storage_prefix, revision, visibility from track
             where id = @id and (account_id = @callerId or is_open)
            """, new { id, callerId = caller?.UserId });
        if (row is null) return (Answer<Nothing>)Errors.TrackNotFound;
        if (row.Status != "ready") return (Answer<Nothing>)Errors.WaveformNotReady;
        await db.CloseAsync();

        var key = $"{row.StoragePrefix}{row.Revision}/waveform.json";
        if (await store.Find(key, ct) is not { } facts) return (Answer<Nothing>)Errors.TrackNotFound;
        http.Response.Headers.CacheControl = row.Visibility == "private" ? "private, max-age=3600" : "public, max-age=3600";
        return TypedResults.Stream(await store.Open(key, 0, facts.SizeBytes, ct), "application/json", entityTag: new($"\"{row.Revision}\""));
    }
}
