using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat;

/// <summary>Joins a public room, or a private one that one was invited to. Joining twice changes nothing.</summary>
internal static class JoinRoom
{
    internal static void Endpoint(IEndpointRouteBuilder routes) => routes.MapPut("/api/v1/chat/rooms/{id}/members/me", Handle).WithName("JoinRoom").Requires(Permissions.ChatWrite)
        .Documented("Chat", "Join a room", Room.Example, errors: Errors.RoomNotFound);

    private static async Task<Answer<Room>> Handle(Guid id, Caller caller, NpgsqlDataSource postgres, RoomAccess access, RoomFeeds feeds, CancellationToken ct)
    {
        bool joined;
        await using (var db = await postgres.OpenConnectionAsync(ct))
        {
            // The invitation is spent by the statement that makes the member, so that it cannot be used twice.
            joined = await db.ExecuteScalarAsync<long>("""
                with spent as (
                  delete from room_invite where room_id = @id and account_id = @UserId returning room_id
                ), added as (
                  insert into room_member (room_id, account_id)
                  select id, @UserId from room where id = @id and (visibility = 'public' or exists (select 1 from spent))
                  on conflict (room_id, account_id) do nothing
                  returning room_id
                ), counted as (
                  update room set member_count = member_count + 1 where id in (select room_id from added) returning id
                )
                select count(*) from counted
                """, new { id, caller.UserId }) == 1;
        }

        var room = await access.Find(id, caller, ct);
        if (room?.Role is null) return Errors.RoomNotFound;
        if (joined) await feeds.Publish(RoomNews.Passing, id, 0, caller.UserId, Frames.Member("member.joined", id, caller.UserId, caller.Username));
        return Answer<Room>.Of(room, joined ? "You are in" : "You were in already");
    }
}
