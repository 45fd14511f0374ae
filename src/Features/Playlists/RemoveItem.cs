using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Playlists;

/// <summary>Takes an item off a playlist; the track stays.</summary>
internal sealed class RemoveItem(PostgresSource postgres) : Slice<RemoveItem.Request, Nothing>
{
    internal sealed record Request(Guid Id, Guid ItemId);

    public override void Configure()
    {
        Delete("/playlists/{id}/items/{itemId}");
        Group<PlaylistsGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described(
                    "Remove an item from a playlist",
                    Nothing.Value,
                    errors:
                    [
                        PlaylistsErrors.PlaylistNotFound,
                        PlaylistsErrors.PlaylistForbidden,
                        PlaylistsErrors.ItemNotFound,
                    ]
                )
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        var itemId = request.ItemId;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        await PlaylistAccess.Hold(db, transaction, id);
        if (await PlaylistAccess.RefuseEditing(db, transaction, id, Caller) is { } forbidden)
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
