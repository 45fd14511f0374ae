using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat;

/// <summary>Leaves a room: one's sockets hear nothing of it from then on. Leaving twice changes nothing; its owner cannot leave.</summary>
internal static class LeaveRoom
{
    internal static void Endpoint(IEndpointRouteBuilder routes) => routes.MapDelete("/api/v1/chat/rooms/{id}/members/me", Handle).WithName("LeaveRoom").Requires(Permissions.ChatWrite)
        .Documented("Chat", "Leave a room", Nothing.Value, errors: [Errors.RoomNotFound, Errors.OwnerMustStay]);

    private static async Task<Answer<Nothing>> Handle(Guid id, Caller caller, NpgsqlDataSource postgres, RoomAccess access, RoomFeeds feeds, CancellationToken ct)
    {
        if (await access.Find(id, caller, ct) is not { } room) return Errors.RoomNotFound;
        if (room.Role == "owner") return Errors.OwnerMustStay;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var left = await db.ExecuteScalarAsync<long>("""
            with gone as (
              delete from room_member where room_id = @id and account_id = @UserId and role <> 'owner' returning room_id
            ), counted as (
              update room set member_count = member_count - 1 where id in (select room_id from gone) returning id
            )
            select count(*) from counted
            """, new { id, caller.UserId }) == 1;
        if (left) await feeds.Publish(RoomNews.Left, id, 0, caller.UserId, Frames.Member("member.left", id, caller.UserId, caller.Username));
        return Answer<Nothing>.Of(Nothing.Value, "You have left the room");
    }
}
