using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Playlists;

/// <summary>Deletes the caller's own playlist, for its collaborators and followers too. The tracks stay.</summary>
internal static class DeletePlaylist
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/playlists/{id}", Handle)
            .WithName("DeletePlaylist")
            .Requires(Permissions.TracksWrite)
            .Documented(
                "Playlists",
                "Delete a playlist",
                Nothing.Value,
                errors: [PlaylistsErrors.PlaylistNotFound, PlaylistsErrors.PlaylistForbidden]
            );

    private static async Task<Answer<Nothing>> Handle(
        Guid id,
        Caller caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var gone = await db.ExecuteAsync(
            "delete from playlist where id = @id and owner_id = @UserId",
            new { id, caller.UserId }
        );
        return gone == 0
            ? await PlaylistAccess.NotTheirs(db, id, caller)
            : Answer<Nothing>.Of(Nothing.Value, "The playlist is deleted");
    }
}
