using System.Text.Json.Serialization;
using Dapper;
using Veza.Features.Chat.Presence;
using Veza.Features.Chat.Realtime;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Chat.Rooms;

/// <summary>
/// Lets a person into a private room, or asks them into a public one. Only the owner and moderators invite; inviting
/// twice changes nothing but who did it last. Somebody who blocks the caller, or is blocked by them, does not see the
/// invitation until the block ends; the caller is not told.
/// </summary>
internal sealed class InviteToRoom(PostgresSource postgres, PersonalNews personal)
    : Slice<InviteToRoom.Request, Nothing>
{
    internal sealed record Request([property: JsonIgnore] Guid Id, Guid? UserId);

    public override void Configure()
    {
        Post("/rooms/{id}/invites");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatWrite)
                .Described(
                    "Invite a user to a room",
                    Nothing.Value,
                    new Request(default, Room.Example.OwnerId),
                    StatusCodes.Status201Created,
                    ChatReads.RoomNotFound,
                    ChatErrors.RoomIsDirect,
                    ChatErrors.RoomForbidden,
                    UsersReads.UserNotFound,
                    ChatErrors.UserBanned,
                    ChatErrors.TooManyInvites,
                    Errors.Validation
                )
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        if (request.UserId is not { } guestId)
            return Errors.Validation.With(new FieldError("user_id", "REQUIRED", "user_id is required"));
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var (held, refused) = await LockedRoom.Take(db, transaction, id, Caller, RoomAction.Invite);
        if (held is null)
            return refused!;
        if (await held.Find(guestId) is not { } guest)
            return UsersReads.UserNotFound;
        if (await held.HasBanned(guestId))
            return ChatErrors.UserBanned;
        if (guest.Role is null)
        {
            var invited = await db.ExecuteAsync(
                """
                insert into room_invite (room_id, account_id, invited_by) select @id, @guestId, @UserId
                 where (select count(*) from (select 1 from room_invite where room_id = @id and account_id <> @guestId
                   limit @InvitesMax) had) < @InvitesMax
                on conflict (room_id, account_id) do update set invited_by = excluded.invited_by
                """,
                new
                {
                    id,
                    guestId,
                    Caller.UserId,
                    ChatLimits.InvitesMax,
                },
                transaction
            );
            if (invited == 0)
                return ChatErrors.TooManyInvites;
            await transaction.CommitAsync(CancellationToken.None);
            if (!await HiddenFrom.Person(db, guestId, Caller.UserId))
                personal.Tell(guestId, Frames.Invited(id));
        }

        return Answer<Nothing>.Of(Nothing.Value, "Invited", StatusCodes.Status201Created);
    }
}

[JsonSerializable(typeof(InviteToRoom.Request))]
internal sealed partial class InviteToRoomJson : JsonSerializerContext;
