using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Tracks.Likes;

/// <summary>
/// Likes a track that the caller may see, unless its owner blocks them, or the other way round. Liking twice is liking
/// once.
/// </summary>
internal sealed class LikeTrack(PostgresSource postgres) : Slice<LikeTrack.Request, Liking>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Put("/tracks/{id}/like");
        Group<TracksGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described(
                    "Like a track",
                    new Liking(true, 4),
                    errors: [TracksReads.TrackNotFound, UsersReads.PersonBlocked]
                )
        );
    }

    public override async Task<Answer<Liking>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var outcome = await db.QuerySingleAsync<LikeOutcome>(
            $"""
            with seen as (
              select t.id, t.account_id in ({UsersReads.BlockedBy} @UserId) as is_blocked
                from track t where t.id = @id and (t.account_id = @UserId or t.is_open)
            ), added as (
              insert into track_like (track_id, account_id) select id, @UserId from seen where not is_blocked
                on conflict (track_id, account_id) do nothing returning track_id
            ), counted as (
              insert into track_count_change (track_id, likes) select track_id, 1 from added returning track_id
            )
            select exists (select 1 from seen) as is_seen, exists (select 1 from counted) as is_changed,
              exists (select 1 from seen where is_blocked) as is_blocked
            """,
            new { id, Caller.UserId }
        );
        return await Liked.Answer(db, id, outcome, liked: true);
    }
}

[JsonSerializable(typeof(Envelope<Liking>))]
internal sealed partial class LikeTrackJson : JsonSerializerContext;
