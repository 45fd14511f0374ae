using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Playlists;

/// <summary>
/// Where an item is to stand: as the how-manieth from 0, or right after another item; at the end when nothing is said.
/// </summary>
internal sealed record Place(int? Position, Guid? After)
{
    internal static readonly Error NotThere = PlaylistsErrors.ItemNotFound.With(
        new FieldError("after", PlaylistsErrors.ItemNotFound.Code, "after is no other item of this playlist")
    );

    internal Error? Refuse() =>
        Position is < 0 ? Errors.Validation.With(new FieldError("position", "OUT_OF_RANGE", "position counts from 0"))
        : Position is not null && After is not null
            ? Errors.Validation.With(new FieldError("after", "NOT_ALLOWED", "Say position or after, not both"))
        : null;
}

/// <summary>
/// The order of a playlist is a number in each item, far from its neighbours', so that an item that is added or moved
/// is the only one written. When there is no number left between two, all are spaced anew: after thirty moves into the
/// same gap, over at most <see cref="PlaylistsLimits.ItemsMax"/> rows.
/// </summary>
[HotRead]
internal static class PlaylistOrder
{
    internal const long Gap = 1L << 32;

    internal sealed record Neighbours(long? Before, long? Behind);

    /// <summary>
    /// A free number for this place, in a transaction that holds the playlist; null when the item to stand after is not
    /// there. The moving item, if any, does not count.
    /// </summary>
    internal static async Task<long?> Find(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Guid playlistId,
        Place place,
        Guid movingId
    )
    {
        while (true)
        {
            if (await Around(db, transaction, playlistId, place, movingId) is not { } around)
                return null;
            var (before, behind) = (around.Before ?? 0, around.Behind);
            var between = behind is null ? before + Gap : before + (behind.Value - before) / 2;
            if (between > before && between < long.MaxValue / 4)
                return between;
            await SpaceAnew(db, transaction, playlistId);
        }
    }

    private static async Task<Neighbours?> Around(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Guid playlistId,
        Place place,
        Guid movingId
    )
    {
        if (place.After is { } after)
        {
            return await db.QuerySingleOrDefaultAsync<Neighbours>(
                """
                select i.position as before,
                       (select min(n.position) from playlist_item n where n.playlist_id = @playlistId
                         and n.position > i.position and n.id <> @movingId) as behind
                  from playlist_item i where i.id = @after and i.playlist_id = @playlistId and i.id <> @movingId
                """,
                new
                {
                    playlistId,
                    after,
                    movingId,
                },
                transaction
            );
        }

        if (place.Position is { } position)
        {
            return await db.QuerySingleAsync<Neighbours>(
                """
                select (select max(s.position)
                  from (select position from playlist_item where playlist_id = @playlistId and id <> @movingId
                  order by position limit @position) s) as before,
                       (select position from playlist_item where playlist_id = @playlistId and id <> @movingId
                         order by position offset @position limit 1) as behind
                """,
                new
                {
                    playlistId,
                    position,
                    movingId,
                },
                transaction
            );
        }

        return await db.QuerySingleAsync<Neighbours>(
            """
            select (select max(position) from playlist_item where playlist_id = @playlistId
              and id <> @movingId) as before, null::bigint as behind
            """,
            new { playlistId, movingId },
            transaction
        );
    }

    private static Task SpaceAnew(NpgsqlConnection db, NpgsqlTransaction transaction, Guid playlistId) =>
        db.ExecuteAsync(
            """
            update playlist_item i set position = n.place * @Gap
              from (select id, row_number() over (order by position) as place from playlist_item
                where playlist_id = @playlistId) n
             where i.id = n.id
            """,
            new { playlistId, Gap },
            transaction
        );
}
