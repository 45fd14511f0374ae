using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Playlists;

/// <summary>Takes an item off a playlist; the track stays.</summary>
internal static class RemoveItem
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/playlists/{id}/items/{itemId}", Handle)
            .WithName("RemoveItem")
            .Requires(Permissions.TracksWrite)
            .Documented(
                "Playlists",
                "Remove an item from a playlist",
                Nothing.Value,
                errors:
                [
                    PlaylistsErrors.PlaylistNotFound,
                    PlaylistsErrors.PlaylistForbidden,
                    PlaylistsErrors.ItemNotFound,
                ]
            );

    private static async Task<Answer<Nothing>> Handle(
        Guid id,
        Guid itemId,
        Caller caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        await PlaylistAccess.Hold(db, transaction, id);
        if (await PlaylistAccess.RefuseEditing(db, transaction, id, caller) is { } forbidden)
            return forbidden;
        var gone = await db.ExecuteAsync(
            """
            with i as (delete from playlist_item where id = @itemId and playlist_id = @id returning playlist_id)
            update playlist set updated_at = now() where id in (select playlist_id from i)
            """,
            new { id, itemId },
            transaction
        );
        if (gone == 0)
            return PlaylistsErrors.ItemNotFound;
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<Nothing>.Of(Nothing.Value, "The item is off the playlist");
    }
}
