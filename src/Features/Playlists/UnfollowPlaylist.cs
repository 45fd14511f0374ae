using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Playlists;

/// <summary>Follows a playlist no longer, also one that the caller may no longer see.</summary>
internal static class UnfollowPlaylist
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/playlists/{id}/follow", Handle)
            .WithName("UnfollowPlaylist")
            .Requires(Permissions.TracksWrite)
            .Documented("Playlists", "Unfollow a playlist", Nothing.Value, errors: PlaylistsErrors.PlaylistNotFound);

    private static async Task<Answer<Nothing>> Handle(
        Guid id,
        Caller caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var gone = await db.ExecuteAsync(
            """
            with gone as (
              delete from playlist_follow where playlist_id = @id and account_id = @UserId returning playlist_id
            )
            update playlist set follower_count = follower_count - 1 where id in (select playlist_id from gone)
            """,
            new { id, caller.UserId }
        );
        return gone == 0 && await PlaylistAccess.Find(db, id, caller) is null
            ? PlaylistsErrors.PlaylistNotFound
            : Answer<Nothing>.Of(Nothing.Value, "You follow it no longer");
    }
}
