using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Rooms;

/// <summary>Who may do what in a room. To who is not in it, a private room does not exist.</summary>
[HotRead]
internal sealed class RoomAccess(PostgresSource postgres)
{
    /// <summary>Members listen; others are told to join, or that there is no such room.</summary>
    internal async Task<Error?> RefuseReading(Guid roomId, Caller caller, CancellationToken ct)
    {
        var room = await Find(roomId, caller, ct);
        return room is null ? ChatReads.RoomNotFound
            : room.Role is null ? ChatErrors.NotAMember
            : null;
    }

    /// <summary>
    /// Why the caller may not read a room's history: members do, and of a public room everybody but the banned.
    /// </summary>
    internal async Task<Error?> RefuseHistory(Guid roomId, Caller caller, CancellationToken ct)
    {
        var room = await Find(roomId, caller, ct);
        if (room is null || room is { Visibility: not "public", Role: null })
            return ChatReads.RoomNotFound;
        if (room.Role is not null)
            return null;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var isBanned = await db.ExecuteScalarAsync<bool>(
            "select exists (select 1 from room_ban where room_id = @roomId and account_id = @UserId and until > now())",
            new { roomId, caller.UserId }
        );
        return isBanned ? ChatErrors.Banned : null;
    }

    /// <summary>
    /// Why the caller may not look at what those see who may do this. What changes a room asks
    /// <see cref="LockedRoom"/>.
    /// </summary>
    internal async Task<Error?> RefuseDeed(Guid roomId, Caller caller, RoomAction deed, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var (room, refused) = await LockedRoom.Look(db, transaction, roomId, caller, deed);
        return refused ?? (room!.IsSeen ? null : ChatReads.RoomNotFound);
    }

    /// <summary>The room as the caller may see it, or null.</summary>
    internal async Task<Room?> Find(Guid roomId, Caller caller, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await db.QuerySingleOrDefaultAsync<Room>(
            $"""
            select {Room.Columns} from room r left join room_member m on m.room_id = r.id and m.account_id = @UserId
             where r.id = @roomId and {Room.Seen}
            """,
            new { roomId, caller.UserId }
        );
    }
}
