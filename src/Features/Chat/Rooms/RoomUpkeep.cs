using Dapper;
using Npgsql;
using Veza.Features.Chat.Messages;

namespace Veza.Features.Chat.Rooms;

/// <summary>
/// Upkeep of rooms: what was said in those that are gone is removed a batch at a time, bans and mutes that are over are
/// forgotten, rooms without an owner get one.
/// </summary>
internal static class RoomUpkeep
{
    internal const int BatchMax = 1000;

    /// <summary>So many batches a minute, that one large room does not keep upkeep from everything else.</summary>
    private const int BatchesMax = 50;

    private const int HeirsMax = 50,
        RecountsMax = 200;

    /// <summary>A minute of upkeep and what it may be late.</summary>
    private static readonly TimeSpan DeparturesBack = TimeSpan.FromMinutes(3);

    /// <summary>Each batch is a transaction of its own; whoever is stopped goes on next time.</summary>
    internal static async Task Clear(NpgsqlConnection db)
    {
        for (var batch = 0; batch < BatchesMax; batch++)
        {
            var room = await db.QueryFirstOrDefaultAsync<Guid?>(
                "select room_id from room_gone order by gone_at limit 1"
            );
            if (room is null)
                return;
            var removed = await db.ExecuteAsync(
                """
                delete from message where id in (select id from message where room_id = @room order by seq
                  limit @BatchMax)
                """,
                new { room, BatchMax }
            );
            removed = Math.Max(removed, await MessageRetention.ClearRoom(db, room.Value, BatchMax));
            if (removed < BatchMax)
                await db.ExecuteAsync("delete from room_gone where room_id = @room", new { room });
        }
    }

    internal static async Task ForgetOver(NpgsqlConnection db)
    {
        await db.ExecuteAsync(
            """
            delete from room_ban where (room_id, account_id) in (select room_id, account_id from room_ban
              where until < now() and until < 'infinity' order by until limit @BatchMax)
            """,
            new { BatchMax }
        );
        await db.ExecuteAsync(
            """
            delete from room_mute where (room_id, account_id) in (select room_id, account_id from room_mute
              where until < now() and until < 'infinity' order by until limit @BatchMax)
            """,
            new { BatchMax }
        );
        // No slow mode is slower than that.
        await db.ExecuteAsync(
            """
            delete from room_pace where (room_id, account_id) in
              (select room_id, account_id from room_pace where spoke_at < now() - make_interval(secs => @SlowModeMaxS)
                order by spoke_at limit @BatchMax)
            """,
            new { ChatLimits.SlowModeMaxS, BatchMax }
        );
    }

    /// <summary>
    /// Who leaves is counted by the statement that says so; whose account goes is counted here. A room that nobody is
    /// left in goes, a conversation whose two people are gone too.
    /// </summary>
    internal static async Task Recount(NpgsqlConnection db)
    {
        var rooms = await db.QueryAsync<Guid>(
            """
            select r.id from (select distinct room_id from room_departure where at > now() - @back::interval
              limit @RecountsMax) d join room r on r.id = d.room_id
             where r.member_count <> (select count(*) from room_member m where m.room_id = r.id)
            """,
            new { back = DeparturesBack, RecountsMax }
        );
        foreach (var room in rooms)
        {
            await using var transaction = await db.BeginTransactionAsync();
            await db.ExecuteAsync("select 1 from room where id = @room for no key update", new { room }, transaction);
            await db.ExecuteAsync(
                """
                update room set member_count = (select count(*) from room_member where room_id = @room) where id = @room
                """,
                new { room },
                transaction
            );
            await db.ExecuteAsync("delete from room where id = @room and member_count = 0", new { room }, transaction);
            await transaction.CommitAsync();
        }
    }

    /// <summary>
    /// The owner's account is gone: the moderator who has been there longest owns the room, or the member; a room that
    /// nobody is left in goes.
    /// </summary>
    internal static async Task FindHeirs(NpgsqlConnection db)
    {
        var rooms = await db.QueryAsync<Guid>(
            "select id from room where owner_id is null and visibility <> 'direct' order by id limit @HeirsMax",
            new { HeirsMax }
        );
        foreach (var room in rooms)
        {
            await using var transaction = await db.BeginTransactionAsync();
            await db.ExecuteAsync("select 1 from room where id = @room for no key update", new { room }, transaction);
            await db.ExecuteAsync(
                """
                with heir as (
                  update room_member set role = 'owner' where room_id = @room and account_id =
                    (select account_id from room_member where room_id = @room
                      order by role = 'moderator' desc, joined_at, account_id limit 1)
                  returning account_id
                )
                update room set owner_id = heir.account_id,
                  member_count = (select count(*) from room_member where room_id = @room), updated_at = now()
                  from heir where id = @room and owner_id is null
                """,
                new { room },
                transaction
            );
            await db.ExecuteAsync(
                """
                delete from room where id = @room and owner_id is null and not
                  exists (select 1 from room_member where room_id = @room)
                """,
                new { room },
                transaction
            );
            await transaction.CommitAsync();
        }
    }
}
