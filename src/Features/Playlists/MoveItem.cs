using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Playlists;

/// <summary>
/// Moves an item to another place of its playlist. People who move at the same time move one after the other; no item
/// is lost or doubled.
/// </summary>
internal static class MoveItem
{
    internal sealed record Request(int? Position, Guid? After);

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPut("/api/v1/playlists/{id}/items/{itemId}", Handle)
            .WithName("MoveItem")
            .Requires(Permissions.TracksWrite)
            .Documented(
                "Playlists",
                "Move an item of a playlist",
                PlaylistItem.Example,
                new Request(0, null),
                errors:
                [
                    Errors.Validation,
                    PlaylistsErrors.PlaylistNotFound,
                    PlaylistsErrors.PlaylistForbidden,
                    PlaylistsErrors.ItemNotFound,
                ]
            );

    private static async Task<Answer<PlaylistItem>> Handle(
        Guid id,
        Guid itemId,
        Request request,
        Caller caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        var place = new Place(request.Position, request.After);
        if (place.Refuse() is { } refused)
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        await PlaylistAccess.Hold(db, transaction, id);
        if (await PlaylistAccess.RefuseEditing(db, transaction, id, caller) is { } forbidden)
            return forbidden;
        if (await PlaylistOrder.Find(db, transaction, id, place, itemId) is not { } position)
            return Place.NotThere;
        var moved = await db.QuerySingleOrDefaultAsync<ItemRow>(
            $"""
            with i as (
              update playlist_item set position = @position where id = @itemId and playlist_id = @id
                returning id, playlist_id, track_id, position, added_by, added_at
            ), touched as (
              update playlist set updated_at = now() where id in (select playlist_id from i)
            )
            select {ItemRow.Columns} from i {ItemRow.Seen}
            """,
            new
            {
                id,
                itemId,
                position,
                callerId = caller.UserId,
            },
            transaction
        );
        if (moved is null)
            return PlaylistsErrors.ItemNotFound;
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<PlaylistItem>.Of(moved.ToItem(), "The item has moved");
    }
}

[JsonSerializable(typeof(MoveItem.Request))]
internal sealed partial class MoveItemJson : JsonSerializerContext;
