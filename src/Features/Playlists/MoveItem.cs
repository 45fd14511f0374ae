using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Playlists;

/// <summary>
/// Moves an item to another place of its playlist. People who move at the same time move one after the other; no item
/// is lost or doubled.
/// </summary>
internal sealed class MoveItem(PostgresSource postgres) : Slice<MoveItem.Request, PlaylistItem>
{
    internal sealed record Request(
        [property: JsonIgnore] Guid Id,
        [property: JsonIgnore] Guid ItemId,
        int? Position,
        Guid? After
    );

    public override void Configure()
    {
        Put("/playlists/{id}/items/{itemId}");
        Group<PlaylistsGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described(
                    "Move an item of a playlist",
                    PlaylistItem.Example,
                    new Request(default, default, 0, null),
                    errors:
                    [
                        Errors.Validation,
                        PlaylistsErrors.PlaylistNotFound,
                        PlaylistsErrors.PlaylistForbidden,
                        PlaylistsErrors.ItemNotFound,
                    ]
                )
        );
    }

    public override async Task<Answer<PlaylistItem>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        var itemId = request.ItemId;
        var place = new Place(request.Position, request.After);
        if (place.Refuse() is { } refused)
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        await PlaylistAccess.Hold(db, transaction, id);
        if (await PlaylistAccess.RefuseEditing(db, transaction, id, Caller) is { } forbidden)
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
                callerId = Caller.UserId,
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
