using Dapper;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;
using TracksReads = Veza.Features.Tracks.TracksReads;

namespace Veza.Features.Discovery;

/// <summary>
/// Listed tracks like this one, the most alike first, each with its <c>because</c>: who listens to both, tempo and key,
/// tags, genre.
/// </summary>
internal sealed class ListSimilarTracks(PostgresSource postgres) : Slice<ListSimilarTracks.Request, Track[]>
{
    internal sealed record Request(Guid Id, int? Limit);

    public override void Configure()
    {
        Get("/{id}/similar");
        Group<DiscoveryGroup>();
        Description(route =>
            route
                .Anonymous(seesMoreWith: TracksRead)
                .Described(
                    "List similar tracks",
                    new[] { Track.Example with { Because = Because.Example } },
                    errors: [TracksReads.TrackNotFound, Errors.Validation]
                )
        );
    }

    public override async Task<Answer<Track[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        if (SuggestedTracks.ReadLimit(request.Limit, out var take) is { } refused)
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var isSeen = await db.ExecuteScalarAsync<bool>(
            "select exists (select 1 from track where id = @id and (account_id = @callerId or is_open))",
            new { id, callerId = CallerIfAny?.UserId }
        );
        if (!isSeen)
            return TracksReads.TrackNotFound;
        return await SuggestedTracks.Read(
            db,
            await Suggestions.Like(db, [id], forWhom: null, DateTime.MaxValue, take),
            CallerIfAny
        );
    }
}
