using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Playlists;

/// <summary>Follows a playlist no longer, also one that the caller may no longer see.</summary>
internal sealed class UnfollowPlaylist(PostgresSource postgres) : Slice<UnfollowPlaylist.Request, Nothing>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/playlists/{id}/follow");
        Group<PlaylistsGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described("Unfollow a playlist", Nothing.Value, errors: PlaylistsErrors.PlaylistNotFound)
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var gone = await db.ExecuteAsync(
            """
            with gone as (
              delete from playlist_follow where playlist_id = @id and account_id = @UserId returning playlist_id
            )
            update playlist set follower_count = follower_count - 1 where id in (select playlist_id from gone)
            """,
            new { id, Caller.UserId }
        );
        return gone == 0 && await PlaylistAccess.Find(db, id, Caller) is null
            ? PlaylistsErrors.PlaylistNotFound
            : Answer<Nothing>.Of(Nothing.Value, "You follow it no longer");
    }
}
