using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Rooms;

/// <summary>
/// The public rooms, in three orders that each have an index, or those of them that some words find. The table beside
/// the rooms is kept by triggers.
/// </summary>
internal static class RoomDirectory
{
    internal const string ByCreation = "created_at";

    internal static readonly string[] Orders = [ByCreation, "member_count", "active_at"];

    /// <summary>A minute of upkeep and what it may be late.</summary>
    private static readonly TimeSpan ActivityBack = TimeSpan.FromMinutes(3);

    internal static async Task<(Room[] Rooms, long Total)> Find(
        NpgsqlConnection db,
        Caller caller,
        string? q,
        string order,
        bool isDescending,
        Paging paging
    )
    {
        var asked = new
        {
            caller.UserId,
            q,
            limit = paging.PerPage,
            offset = paging.Offset,
            countMax = Paging.ResultsMax,
        };
        var rows = await db.QueryAsync<Room>(
            q is null ? Walked(order, isDescending) : Found(order, isDescending),
            asked
        );
        var total = await db.ExecuteScalarAsync<long>(q is null ? Counted : CountedFound, asked);
        return ([.. rows], total);
    }

    /// <summary>The orders are known ones.</summary>
    internal static string Walked(string order, bool isDescending) =>
        Page($"select room_id, {order} as place from public_room", order, isDescending);

    /// <summary>
    /// What the words find is gathered first: however rare or common they are, that is one look into their index.
    /// </summary>
    internal static string Found(string order, bool isDescending) =>
        $"""
            with found as materialized (
              select room_id, {order} from public_room where words @@ room_query(@q) limit @countMax
            )
            {Page($"select room_id, {order} as place from found", order, isDescending)}
            """;

    private const string Counted = "select count(*) from (select 1 from public_room limit @countMax) counted";

    internal const string CountedFound =
        "select count(*) from (select 1 from public_room where words @@ room_query(@q) limit @countMax) counted";

    /// <summary>
    /// Upkeep: when somebody spoke last in a room. The messages of the last minutes lie together at the end of their
    /// index.
    /// </summary>
    internal static Task NoteActivity(NpgsqlConnection db) =>
        db.ExecuteAsync(
            """
            with spoken as (
              select room_id, max(created_at) as at from message where id >= uuid_at(now() - @back::interval)
                group by room_id
            )
            update public_room p set active_at = s.at from spoken s where p.room_id = s.room_id and p.active_at < s.at
            """,
            new { back = ActivityBack }
        );

    /// <summary>
    /// The page is cut before its rooms are fetched one by one: the planner would rather read all of them.
    /// </summary>
    private static string Page(string from, string order, bool isDescending)
    {
        var (down, up) = isDescending ? (" desc", "") : ("", " desc");
        return $"""
            select {Room.Columns}
              from ({from} order by {order}{down}, room_id{up} limit @limit offset @offset) p
             cross join lateral (select {Room.Facts} from room r where r.id = p.room_id limit 1) r
              left join room_member m on m.room_id = r.id and m.account_id = @UserId
             order by p.place{down}, p.room_id{up}
            """;
    }
}
