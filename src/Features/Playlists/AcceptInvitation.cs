using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Playlists;

/// <summary>
/// Accepts an invitation to work on a playlist; accepting twice changes nothing. One of somebody whom the caller blocks
/// or is blocked by does not exist.
/// </summary>
internal sealed class AcceptInvitation(PostgresSource postgres) : Slice<AcceptInvitation.Request, Playlist>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Put("/playlists/{id}/collaborators/me");
        Group<PlaylistsGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described(
                    "Accept an invitation",
                    Playlist.Example with
                    {
                        Role = "collaborator",
                    },
                    errors: [PlaylistsErrors.PlaylistNotFound, PlaylistsErrors.InvitationNotFound]
                )
        );
    }

    public override async Task<Answer<Playlist>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var accepted = await db.ExecuteAsync(
            $"""
            update playlist_collaborator c set accepted_at = coalesce(c.accepted_at, now()) from playlist p
             where c.playlist_id = @id and c.account_id = @UserId and p.id = c.playlist_id
               and p.owner_id not in ({UsersReads.BlockedBy} @UserId)
            """,
            new { id, Caller.UserId }
        );
        if (await PlaylistAccess.Find(db, id, Caller) is not { } playlist)
            return PlaylistsErrors.PlaylistNotFound;
        return accepted == 0 ? PlaylistsErrors.InvitationNotFound : Answer<Playlist>.Of(playlist, "You work on it");
    }
}
