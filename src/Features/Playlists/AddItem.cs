using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;
using TracksReads = Veza.Features.Tracks.TracksReads;

namespace Veza.Features.Playlists;

/// <summary>
/// Puts a track that the caller may see on a playlist, at the end or at a place; the same track may stand there more
/// than once.
/// </summary>
internal sealed class AddItem(PostgresSource postgres) : Slice<AddItem.Request, PlaylistItem>
{
    internal sealed record Request([property: JsonIgnore] Guid Id, Guid? TrackId, int? Position, Guid? After);

    public override void Configure()
    {
        Post("/playlists/{id}/items");
        Group<PlaylistsGroup>();
        Description(route =>
            route
                .Requires(TracksWrite)
                .Described(
                    "Add a track to a playlist",
                    PlaylistItem.Example,
                    new Request(default, PlaylistItem.Example.Track!.Id, 0, null),
                    StatusCodes.Status201Created,
                    Errors.Validation,
                    PlaylistsErrors.PlaylistNotFound,
                    PlaylistsErrors.PlaylistForbidden,
                    TracksReads.TrackNotFound,
                    PlaylistsErrors.ItemNotFound,
                    PlaylistsErrors.PlaylistFull
                )
        );
    }

    public override async Task<Answer<PlaylistItem>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        if (request.TrackId is not { } trackId)
            return Errors.Validation.With(new FieldError("track_id", "REQUIRED", "track_id is required"));
        var place = new Place(request.Position, request.After);
        if (place.Refuse() is { } refused)
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        await PlaylistAccess.Hold(db, transaction, id);
        if (await PlaylistAccess.RefuseEditing(db, transaction, id, Caller) is { } forbidden)
            return forbidden;
        var count = await db.ExecuteScalarAsync<long>(
            "select count(*) from playlist_item where playlist_id = @id",
            new { id },
            transaction
        );
        if (count >= PlaylistsLimits.ItemsMax)
            return PlaylistsErrors.PlaylistFull;
        if (await PlaylistOrder.Find(db, transaction, id, place, Guid.Empty) is not { } position)
            return Place.NotThere;
        var itemId = Guid.CreateVersion7();
        var added = await db.QuerySingleOrDefaultAsync<ItemRow>(
            $"""
            with i as (
              insert into playlist_item (id, playlist_id, track_id, position, added_by)
              select @itemId, @id, id, @position, @callerId from track where id = @trackId
                and (account_id = @callerId or is_open)
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
                trackId,
                position,
                callerId = Caller.UserId,
            },
            transaction
        );
        if (added is null)
            return TracksReads.TrackNotFound.With(
                new FieldError("track_id", TracksReads.TrackNotFound.Code, TracksReads.TrackNotFound.Message)
            );
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<PlaylistItem>.Created(
            added.ToItem(),
            "The track is on the playlist",
            $"/api/v1/playlists/{id}/items"
        );
    }
}

[JsonSerializable(typeof(AddItem.Request))]
internal sealed partial class AddItemJson : JsonSerializerContext;
