using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Playlists;

/// <summary>
/// The items of a playlist in their order. A page goes on behind the last item that was read, wherever others have
/// moved meanwhile.
/// </summary>
[HotRead]
internal static class ListItems
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/playlists/{id}/items", Handle)
            .WithName("ListItems")
            .Anonymous(seesMoreWith: Permissions.TracksRead)
            .Documented(
                "Playlists",
                "List a playlist's items",
                new[] { PlaylistItem.Example },
                errors: [Errors.Validation, PlaylistsErrors.PlaylistNotFound]
            );

    private static async Task<Answer<PlaylistItem[]>> Handle(
        Guid id,
        int? limit,
        string? cursor,
        Caller? caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        if (CursorPage.Read(limit, cursor, CursorPage.LowestFirst, out var seek) is { } refused)
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        if (await PlaylistAccess.Find(db, id, caller) is null)
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
                callerId = caller?.UserId,
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
