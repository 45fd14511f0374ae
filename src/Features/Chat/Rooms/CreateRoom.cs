using System.Text.Json.Serialization;
using Dapper;
using Veza.Features.Chat.Realtime;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Chat.Rooms;

/// <summary>
/// Opens a room; whoever opens it owns it and is its first member. Public rooms have names of their own.
/// </summary>
internal sealed class CreateRoom(PostgresSource postgres, PersonalNews personal, Limits limits)
    : Slice<CreateRoom.Request, Room>
{
    internal sealed record Request(string? Name, string? Topic, string? Visibility);

    public override void Configure()
    {
        Post("/rooms");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatWrite)
                .Described(
                    "Create a room",
                    Room.Example with
                    {
                        Role = "owner",
                    },
                    new Request("Listening room", "What is playing tonight", "public"),
                    StatusCodes.Status201Created,
                    Errors.Validation,
                    ChatErrors.RoomNameTaken,
                    ChatErrors.TooManyRooms,
                    Errors.RateLimited
                )
        );
    }

    public override async Task<Answer<Room>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (
            RoomRules.Validator.Refuse(new RoomWords(request.Name ?? "", request.Topic, request.Visibility, null)) is
            { } refused
        )
            return refused;
        using var slot = await limits.Take(HttpContext, ChatPolicies.Room, Caller.UserId.ToString());
        if (slot.Refused is { } tooFast)
            return tooFast;
        var id = Guid.CreateVersion7();
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        await Turn.Take(db, transaction, Room.Owned, Caller.UserId);
        var room = await db.QuerySingleOrDefaultAsync<Room>(
            $"""
            with r as (
              insert into room (id, name, topic, visibility, owner_id, member_count)
              select @id, @name, @topic, @visibility, @UserId, 1 from (select {RoomNames.Hold}) held
               where (select count(*) from (select 1 from room where owner_id = @UserId
                 limit @RoomsOwnedMax) had) < @RoomsOwnedMax
              on conflict (lower(name)) where visibility = 'public' do nothing
              returning id, name, topic, visibility, owner_id, last_seq, member_count, slow_mode_s, created_at,
                updated_at
            ), m as (
              insert into room_member (room_id, account_id, role) select id, @UserId, 'owner' from r returning role
            )
            select {Room.Columns} from r, m
            """,
            new
            {
                id,
                name = request.Name!.Trim(),
                topic = request.Topic?.Trim() ?? "",
                visibility = request.Visibility ?? "public",
                Caller.UserId,
                ChatLimits.RoomsOwnedMax,
            },
            transaction
        );
        await transaction.CommitAsync(CancellationToken.None);
        if (room is not null)
        {
            personal.Tell(Caller.UserId, Frames.RoomEntered(room.Id));
            return Answer<Room>.Created(room, "The room is open", $"/api/v1/chat/rooms/{room.Id}");
        }

        await slot.GiveBack();
        var isFull = await db.ExecuteScalarAsync<bool>(
            """
            select count(*) >= @RoomsOwnedMax
              from (select 1 from room where owner_id = @UserId limit @RoomsOwnedMax) had
            """,
            new { Caller.UserId, ChatLimits.RoomsOwnedMax }
        );
        return isFull
            ? ChatErrors.TooManyRooms
            : ChatErrors.RoomNameTaken.With(
                new FieldError("name", ChatErrors.RoomNameTaken.Code, ChatErrors.RoomNameTaken.Message)
            );
    }
}

[JsonSerializable(typeof(CreateRoom.Request))]
internal sealed partial class CreateRoomJson : JsonSerializerContext;
