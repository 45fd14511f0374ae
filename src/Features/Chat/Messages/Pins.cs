using Dapper;
using Npgsql;
using Veza.Features.Chat.Realtime;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// Pins: what the owner or a moderator keeps in sight of a room. Pinning twice, and unpinning what is not pinned,
/// changes nothing.
/// </summary>
[HotRead]
internal sealed class Pins(PostgresSource postgres, RoomFeeds feeds)
{
    internal const int PerRoomMax = 50;

    internal const string PinSql = $"""
        with {LockedMessage.Sql}, bumped as (
          update room set last_change = last_change + 1, pin_count = pin_count + 1 from before
           where room.id = before.room_id and before.role in ('owner', 'moderator') and not before.hidden
             and before.deleted_at is null and before.pinned_at is null
             and room.pin_count < @PerRoomMax
          returning room.last_change
        ), m as (
          update message set pinned_at = now(), pinned_by = @UserId, change = bumped.last_change from bumped
            where message.id = @id
          returning {MessageRow.Stored}
        )
        select {MessageRow.ColumnsForBoth} from m left join account a on a.id = m.author_id
        """;

    internal const string UnpinSql = $"""
        with {LockedMessage.Sql}, bumped as (
          update room set last_change = last_change + 1, pin_count = pin_count - 1 from before
           where room.id = before.room_id and before.role in ('owner', 'moderator') and not before.hidden
             and before.deleted_at is null and before.pinned_at is not null
          returning room.last_change
        ), m as (
          update message set pinned_at = null, pinned_by = null, change = bumped.last_change from bumped
            where message.id = @id
          returning {MessageRow.Stored}
        )
        select {MessageRow.ColumnsForBoth} from m left join account a on a.id = m.author_id
        """;

    internal async Task<(Message? Message, Error? Error)> Set(
        Guid id,
        bool isPinned,
        Caller caller,
        CancellationToken ct
    )
    {
        MessageRow? row;
        await using (var db = await postgres.OpenConnectionAsync(ct))
        {
            row = isPinned
                ? await db.QuerySingleOrDefaultAsync<MessageRow>(
                    LockedMessage.Take + PinSql,
                    new
                    {
                        id,
                        caller.UserId,
                        PerRoomMax,
                    }
                )
                : await db.QuerySingleOrDefaultAsync<MessageRow>(
                    LockedMessage.Take + UnpinSql,
                    new { id, caller.UserId }
                );
            if (row is null)
                return await AsItWas(db, id, isPinned, caller);
        }

        await feeds.Publish(News.Changed(row));
        return (row.ForCaller(), null);
    }

    private static async Task<(Message? Message, Error? Error)> AsItWas(
        NpgsqlConnection db,
        Guid id,
        bool isPinned,
        Caller caller
    )
    {
        if (await LockedMessage.Look(db, id, caller) is not { } sight)
            return (null, ChatErrors.MessageNotFound);
        if (sight.RefuseMember is { } refused)
            return (null, refused);
        if (!sight.Moderates)
            return (null, ChatErrors.RoomForbidden);
        if (await LockedMessage.Read(db, id, caller) is not { } message)
            return (null, ChatErrors.MessageNotFound);
        return message.PinnedAt is not null == isPinned ? (message, null) : (null, ChatErrors.TooManyPins);
    }
}
