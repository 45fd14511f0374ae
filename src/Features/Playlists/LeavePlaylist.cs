using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Playlists;

/// <summary>Declines an invitation, or stops working on a playlist. What the caller has put on it stays.</summary>
internal static class LeavePlaylist
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/playlists/{id}/collaborators/me", Handle)
            .WithName("LeavePlaylist")
            .Requires(Permissions.TracksWrite)
            .Documented(
                "Playlists",
                "Leave a playlist, or decline an invitation",
                Nothing.Value,
                errors: [PlaylistsErrors.PlaylistNotFound, PlaylistsErrors.InvitationNotFound]
            );

    private static async Task<Answer<Nothing>> Handle(
        Guid id,
        Caller caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var left = await db.ExecuteAsync(
            "delete from playlist_collaborator where playlist_id = @id and account_id = @UserId",
            new { id, caller.UserId }
        );
        if (left == 1)
            return Answer<Nothing>.Of(Nothing.Value, "You work on it no more");
        return await PlaylistAccess.Find(db, id, caller) is null
            ? PlaylistsErrors.PlaylistNotFound
            : PlaylistsErrors.InvitationNotFound;
    }
}
