using System.Text.Json.Serialization;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat;

/// <summary>Lets a person into a private room: they see it and may join. Only the owner and moderators invite; inviting twice changes nothing.</summary>
internal static class InviteToRoom
{
    internal sealed record Request(Guid? UserId);

    internal static void Endpoint(IEndpointRouteBuilder routes) => routes.MapPost("/api/v1/chat/rooms/{id}/invites", Handle).WithName("InviteToRoom").Requires(Permissions.ChatWrite)
        .Documented("Chat", "Invite a person", Nothing.Value, new Request(Room.Example.OwnerId), StatusCodes.Status201Created,
            Errors.RoomNotFound, Errors.RoomForbidden, Errors.UserNotFound, Errors.Validation);

    private static async Task<Answer<Nothing>> Handle(Guid id, Request request, Caller caller, NpgsqlDataSource postgres, RoomAccess access, CancellationToken ct)
    {
        if (request.UserId is not { } guestId) return Errors.Validation.With(new FieldError("user_id", "REQUIRED", "user_id is required"));
        if (await access.Find(id, caller, ct) is not { } room) return Errors.RoomNotFound;
        if (room.Role is not ("owner" or "moderator")) return Errors.RoomForbidden;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var known = await db.ExecuteScalarAsync<bool>("""
            with invited as (
              insert into room_invite (room_id, account_id, invited_by)
              select @id, account.id, @UserId from account
               where account.id = @guestId
                 and not exists (select 1 from room_member where room_id = @id and account_id = @guestId)
                 and exists (select 1 from room_member where room_id = @id and account_id = @UserId and role in ('owner', 'moderator'))
              on conflict (room_id, account_id) do nothing
            )
            select exists (select 1 from account where id = @guestId)
            """, new { id, guestId, caller.UserId });
        return known ? Answer<Nothing>.Of(Nothing.Value, "Invited", StatusCodes.Status201Created) : Errors.UserNotFound;
    }
}

[JsonSerializable(typeof(InviteToRoom.Request))]
internal sealed partial class InviteToRoomJson : JsonSerializerContext;
