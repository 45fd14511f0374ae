using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Tracks.Likes;

/// <summary>Takes the caller's like back, also from a track that is no longer shown.</summary>
internal sealed class UnlikeTrack(PostgresSource postgres) : Slice<UnlikeTrack.Request, Liking>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/tracks/{id}/like");
        Group<TracksGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described("Unlike a track", new Liking(false, 3), errors: TracksReads.TrackNotFound)
        );
    }

    public override async Task<Answer<Liking>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
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
            new { id, Caller.UserId }
        );
        return await Liked.Answer(db, id, outcome, liked: false);
    }
}
