using Dapper;
using Veza.Features.Tracks.Reads;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Discovery;

/// <summary>
/// Tracks for the caller: like those heard last, but not their own and not heard lately, and none from one uploader
/// only. Where that is little, what is played much these days.
/// </summary>
internal sealed class ListRecommendedTracks(PostgresSource postgres, TimeProvider clock)
    : Slice<ListRecommendedTracks.Request, Track[]>
{
    internal sealed record Request(int? Limit);

    private const int SeedsMax = 8;
    private static readonly TimeSpan HeardLately = TimeSpan.FromDays(30);

    public override void Configure()
    {
        Get("/recommended");
        Group<DiscoveryGroup>();
        Description(route =>
            route
                .Requires(TracksRead)
                .Described(
                    "List recommended tracks",
                    new[] { Track.Example with { Because = Because.Example } },
                    errors: Errors.Validation
                )
        );
    }

    public override async Task<Answer<Track[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (SuggestedTracks.ReadLimit(request.Limit, out var take) is { } refused)
            return refused;
        var since = clock.GetUtcNow().UtcDateTime - HeardLately;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var seeds = await db.QueryAsync<Guid>(
            """
            select track_id from track_listener where account_id = @UserId and plays > 0 order by last_played_at desc
              limit @SeedsMax
            """,
            new { Caller.UserId, SeedsMax }
        );
        var found = await Suggestions.Like(db, [.. seeds], Caller.UserId, since, take);
        if (found.Length < take)
        {
            var known = found.Select(s => s.TrackId).ToHashSet();
            var trending = await SuggestedTracks.Trending(db, Caller.UserId, since, take * 2);
            found =
            [
                .. found,
                .. Suggestions.Spread(trending.Where(s => !known.Contains(s.TrackId)), take - found.Length),
            ];
        }

        return await SuggestedTracks.Read(db, found, Caller);
    }
}
