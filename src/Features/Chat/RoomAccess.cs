using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat;

/// <summary>Who may do what in a room. A private room that one is not in does not exist.</summary>
internal sealed class RoomAccess(NpgsqlDataSource postgres)
{
    /// <summary>Members listen; others are told to join, or that there is no such room.</summary>
    internal async Task<Error?> RefuseReading(Guid roomId, Caller caller, CancellationToken ct)
    {
        var room = await Find(roomId, caller, ct);
        return room is null ? Errors.RoomNotFound : room.Role is null ? Errors.NotAMember : null;
    }

    /// <summary>The room as the caller may see it, or null.</summary>
    internal async Task<Room?> Find(Guid roomId, Caller caller, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await db.QuerySingleOrDefaultAsync<Room>($"""
            select {Room.Columns} from room r left join room_member m on m.room_id = r.id and m.account_id = @UserId
             where r.id = @roomId and {Room.Seen}
            """, new { roomId, caller.UserId });
    }
}
