using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Tracks.Likes;

/// <summary>Takes the caller's like back, also from a track that is no longer shown.</summary>
internal static class UnlikeTrack
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/tracks/{id}/like", Handle)
            .WithName("UnlikeTrack")
            .Requires(Permissions.TracksWrite)
            .Documented("Tracks", "Unlike a track", new Liking(false, 3), errors: TracksReads.TrackNotFound);

    private static async Task<Answer<Liking>> Handle(
        Guid id,
        Caller caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var outcome = await db.QuerySingleAsync<LikeOutcome>(
            """
            with gone as (
              delete from track_like where track_id = @id and account_id = @UserId returning track_id
            ), counted as (
              insert into track_count_change (track_id, likes) select track_id, -1 from gone returning track_id
            )
            select exists (select 1 from gone) or
              exists (select 1 from track where id = @id and (account_id = @UserId or is_open)) as is_seen,
                   exists (select 1 from counted) as is_changed, false as is_blocked
            """,
            new { id, caller.UserId }
        );
        return await Liked.Answer(db, id, outcome, liked: false);
    }
}
