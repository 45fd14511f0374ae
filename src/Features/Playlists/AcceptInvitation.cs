using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Playlists;

/// <summary>
/// Accepts an invitation to work on a playlist; accepting twice changes nothing. One of somebody whom the caller blocks
/// or is blocked by does not exist.
/// </summary>
internal static class AcceptInvitation
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPut("/api/v1/playlists/{id}/collaborators/me", Handle)
            .WithName("AcceptInvitation")
            .Requires(Permissions.TracksWrite)
            .Documented(
                "Playlists",
                "Accept an invitation",
                Playlist.Example with
                {
                    Role = "collaborator",
                },
                errors: [PlaylistsErrors.PlaylistNotFound, PlaylistsErrors.InvitationNotFound]
            );

    private static async Task<Answer<Playlist>> Handle(
        Guid id,
        Caller caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var accepted = await db.ExecuteAsync(
            $"""
            update playlist_collaborator c set accepted_at = coalesce(c.accepted_at, now()) from playlist p
             where c.playlist_id = @id and c.account_id = @UserId and p.id = c.playlist_id
               and p.owner_id not in ({UsersReads.BlockedBy} @UserId)
            """,
            new { id, caller.UserId }
        );
        if (await PlaylistAccess.Find(db, id, caller) is not { } playlist)
            return PlaylistsErrors.PlaylistNotFound;
        return accepted == 0 ? PlaylistsErrors.InvitationNotFound : Answer<Playlist>.Of(playlist, "You work on it");
    }
}
