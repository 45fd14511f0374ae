using Dapper;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using TracksReads = Veza.Features.Tracks.TracksReads;

namespace Veza.Features.Discovery;

/// <summary>
/// Listed tracks like this one, the most alike first, each with its <c>because</c>: who listens to both, tempo and key,
/// tags, genre.
/// </summary>
internal static class ListSimilarTracks
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/tracks/{id}/similar", Handle)
            .WithName("ListSimilarTracks")
            .Anonymous(seesMoreWith: Permissions.TracksRead)
            .Documented(
                "Discovery",
                "List similar tracks",
                new[] { Track.Example with { Because = Because.Example } },
                errors: [TracksReads.TrackNotFound, Errors.Validation]
            );

    private static async Task<Answer<Track[]>> Handle(
        Guid id,
        int? limit,
        Caller? caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        if (SuggestedTracks.ReadLimit(limit, out var take) is { } refused)
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var isSeen = await db.ExecuteScalarAsync<bool>(
            "select exists (select 1 from track where id = @id and (account_id = @callerId or is_open))",
            new { id, callerId = caller?.UserId }
        );
        if (!isSeen)
            return TracksReads.TrackNotFound;
        return await SuggestedTracks.Read(
            db,
            await Suggestions.Like(db, [id], forWhom: null, DateTime.MaxValue, take),
            caller
        );
    }
}
