using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Discovery;

/// <summary>Listed tracks by their counted plays, of which each weighs half as much two days later.</summary>
internal sealed class ListTrendingTracks(PostgresSource postgres) : Slice<ListTrendingTracks.Request, Track[]>
{
    internal sealed record Request(int? Limit);

    public override void Configure()
    {
        Get("/trending");
        Group<DiscoveryGroup>();
        Description(route =>
            route
                .Anonymous()
                .Described(
                    "List trending tracks",
                    new[] { Track.Example with { Because = Because.Trend } },
                    errors: Errors.Validation
                )
        );
    }

    public override async Task<Answer<Track[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (SuggestedTracks.ReadLimit(request.Limit, out var take) is { } refused)
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await SuggestedTracks.Read(
            db,
            await SuggestedTracks.Trending(db, forWhom: null, DateTime.MaxValue, take),
            CallerIfAny
        );
    }
}
