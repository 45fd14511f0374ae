using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Playlists;

/// <summary>
/// The items of a playlist in their order. A page goes on behind the last item that was read, wherever others have
/// moved meanwhile.
/// </summary>
[HotRead]
internal sealed class ListItems(PostgresSource postgres) : Slice<ListItems.Request, PlaylistItem[]>
{
    internal sealed record Request(Guid Id, int? Limit, string? Cursor);

    public override void Configure()
    {
        Get("/playlists/{id}/items");
        Group<PlaylistsGroup>();
        Description(route =>
            route
                .Anonymous(seesMoreWith: TracksRead)
                .Described(
                    "List a playlist's items",
                    new[] { PlaylistItem.Example },
                    errors: [Errors.Validation, PlaylistsErrors.PlaylistNotFound]
                )
        );
    }

    public override async Task<Answer<PlaylistItem[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        if (CursorPage.Read(request.Limit, request.Cursor, CursorPage.LowestFirst, out var seek) is { } refused)
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        if (await PlaylistAccess.Find(db, id, CallerIfAny) is null)
            return PlaylistsErrors.PlaylistNotFound;
        var rows = await db.QueryAsync<ItemRow>(
            $"""
            select {ItemRow.Columns} from playlist_item i {ItemRow.Seen}
             where i.playlist_id = @id and i.position > coalesce((select position from playlist_item where id = @last
               and playlist_id = @id), @Number) order by i.position limit @limit
            """,
            new
            {
                id,
                seek.Number,
                last = seek.Id,
                callerId = CallerIfAny?.UserId,
                limit = seek.Limit + 1,
            }
        );
        ItemRow[] found = [.. rows];
        var next =
            found.Length > seek.Limit
                ? CursorPage.After(found[seek.Limit - 1].Position, found[seek.Limit - 1].Id)
                : null;
        return Answer<PlaylistItem[]>.Of(
            [.. found.Take(seek.Limit).Select(row => row.ToItem())],
            "OK",
            meta: new Meta { NextCursor = new NextCursor(next) }
        );
    }
}
