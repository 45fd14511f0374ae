using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Playlists;

/// <summary>Accepts an invitation to work on a playlist; accepting twice changes nothing.</summary>
internal static class AcceptInvitation
{
    internal static void Endpoint(IEndpointRouteBuilder routes) => routes.MapPut("/api/v1/playlists/{id}/collaborators/me", Handle).WithName("AcceptInvitation").Requires(Permissions.TracksWrite)
        .Documented("Playlists", "Accept an invitation", Playlist.Example with { Role = "collaborator" }, errors: [Errors.PlaylistNotFound, Errors.InvitationNotFound]);

    private static async Task<Answer<Playlist>> Handle(Guid id, Caller caller, NpgsqlDataSource postgres, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var accepted = await db.ExecuteAsync("update playlist_collaborator set accepted_at = coalesce(accepted_at, now()) where playlist_id = @id and account_id = @UserId", new { id, caller.UserId });
        if (await PlaylistAccess.Find(db, id, caller) is not { } playlist) return Errors.PlaylistNotFound;
        return accepted == 0 ? Errors.InvitationNotFound : Answer<Playlist>.Of(playlist, "You work on it");
    }
}
