using System.Text.Json.Serialization;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Tracks;

/// <summary>Likes a track that one may see. Liking twice is liking once.</summary>
internal static class LikeTrack
{
    internal static void Endpoint(IEndpointRouteBuilder routes) => routes.MapPut("/api/v1/tracks/{id}/like", Handle).WithName("LikeTrack").Requires(Permissions.TracksWrite)
        .Documented("Tracks", "Like a track", new Liking(true, 4), errors: Errors.TrackNotFound);

    private static async Task<Answer<Liking>> Handle(Guid id, Caller caller, NpgsqlDataSource postgres, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var outcome = await db.QuerySingleAsync<LikeOutcome>("""
            with seen as (
              select id from track where id = @id and (account_id = @UserId or is_open)
            ), added as (
              insert into track_like (track_id, account_id) select id, @UserId from seen on conflict (track_id, account_id) do nothing returning track_id
            ), counted as (
              insert into track_count_change (track_id, likes) select track_id, 1 from added returning track_id
            )
            select exists (select 1 from seen) as is_seen, exists (select 1 from counted) as is_changed
            """, new { id, caller.UserId });
        return await Liked.Answer(db, id, outcome, liked: true);
    }
}

[JsonSerializable(typeof(Envelope<Liking>))]
internal sealed partial class LikeTrackJson : JsonSerializerContext;
