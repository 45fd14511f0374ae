using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Playlists;

/// <summary>
/// Follows a playlist of somebody else that the caller may see; following twice is following once. Not one of somebody
/// whom the caller blocks or is blocked by.
/// </summary>
internal sealed class FollowPlaylist(PostgresSource postgres) : Slice<FollowPlaylist.Request, Playlist>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Put("/playlists/{id}/follow");
        Group<PlaylistsGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described(
                    "Follow a playlist",
                    Playlist.Example with
                    {
                        Role = null,
                        Following = true,
                    },
                    errors: [PlaylistsErrors.PlaylistNotFound, PlaylistsErrors.OwnPlaylist, UsersReads.PersonBlocked]
                )
        );
    }

    public override async Task<Answer<Playlist>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        if (await PlaylistAccess.Find(db, id, Caller) is not { } seen)
            return PlaylistsErrors.PlaylistNotFound;
        if (seen.Role == "owner")
            return PlaylistsErrors.OwnPlaylist;
        var isBlocked = await db.ExecuteScalarAsync<bool>(
            """
            select exists (select 1 from playlist p join block_pair s on s.account_id = @UserId
              and s.other_id = p.owner_id where p.id = @id)
            """,
            new { id, Caller.UserId }
        );
        if (isBlocked)
            return UsersReads.PersonBlocked;
        await db.ExecuteAsync(
            """
            with added as (
              insert into playlist_follow (playlist_id, account_id) select id, @UserId from playlist where id = @id
                on conflict (playlist_id, account_id) do nothing returning playlist_id
            )
            update playlist set follower_count = follower_count + 1 where id in (select playlist_id from added)
            """,
            new { id, Caller.UserId }
        );
        return await PlaylistAccess.Find(db, id, Caller) is { } playlist ? playlist : PlaylistsErrors.PlaylistNotFound;
    }
}
