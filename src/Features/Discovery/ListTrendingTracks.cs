using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Discovery;

/// <summary>Listed tracks by their counted plays, of which each weighs half as much two days later.</summary>
internal static class ListTrendingTracks
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/tracks/trending", Handle)
            .WithName("ListTrendingTracks")
            .Anonymous()
            .Documented(
                "Discovery",
                "List trending tracks",
                new[] { Track.Example with { Because = Because.Trend } },
                errors: Errors.Validation
            );

    private static async Task<Answer<Track[]>> Handle(
        int? limit,
        Caller? caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        if (SuggestedTracks.ReadLimit(limit, out var take) is { } refused)
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await SuggestedTracks.Read(
            db,
            await SuggestedTracks.Trending(db, forWhom: null, DateTime.MaxValue, take),
            caller
        );
    }
}
