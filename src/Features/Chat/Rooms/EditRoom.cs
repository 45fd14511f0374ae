using System.Text.Json.Serialization;
using Dapper;
using Npgsql;
using Veza.Features.Chat.Realtime;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Chat.Rooms;

/// <summary>
/// Changes what a room says of itself and how fast its members may write; what is left out stays. With If-Match, only
/// if nobody edited it since. Its moderators may, and who may see it its owner alone. Members hear <c>room.updated</c>;
/// who has read a public room without joining it reads it no more once it is private.
/// </summary>
internal sealed class EditRoom(PostgresSource postgres, RoomFeeds feeds) : Slice<EditRoom.Request, Room>
{
    internal sealed record Request(
        [property: JsonIgnore] Guid Id,
        string? Name,
        string? Topic,
        string? Visibility,
        int? SlowModeS
    );

    public override void Configure()
    {
        Put("/rooms/{id}");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatWrite)
                .Described(
                    "Edit a room",
                    Room.Example with
                    {
                        Role = "owner",
                    },
                    new Request(default, null, "What is playing tonight", null, 30),
                    errors:
                    [
                        Errors.Validation,
                        ChatReads.RoomNotFound,
                        ChatErrors.RoomForbidden,
                        ChatErrors.RoomIsDirect,
                        ChatErrors.RoomNameTaken,
                        Errors.PreconditionFailed,
                    ]
                )
        );
    }

    public override async Task<Answer<Room>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        if (
            RoomRules.Validator.Refuse(
                new RoomWords(request.Name, request.Topic, request.Visibility, request.SlowModeS)
            ) is
            { } refused
        )
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var (held, forbidden) = await LockedRoom.Take(db, transaction, id, Caller, RoomAction.Edit);
        if (held is null)
            return forbidden!;
        if (RoomTag.IsStale(HttpContext.Request, await held.Show(Caller)))
            return Errors.PreconditionFailed;
        var (name, visibility) = (request.Name?.Trim() ?? held.Name, request.Visibility ?? held.Visibility);
        if (visibility != held.Visibility && !held.Allows(RoomAction.ChangeVisibility))
            return ChatErrors.RoomForbidden;
        if (
            visibility == "public"
            && (name != held.Name || visibility != held.Visibility)
            && await IsTaken(db, transaction, id, name)
        )
            return ChatErrors.RoomNameTaken.With(
                new FieldError("name", ChatErrors.RoomNameTaken.Code, ChatErrors.RoomNameTaken.Message)
            );
        await db.ExecuteAsync(
            """
            update room set name = @name, topic = coalesce(@topic, topic), visibility = @visibility,
              slow_mode_s = coalesce(@SlowModeS, slow_mode_s), updated_at = now() where id = @id
            """,
            new
            {
                id,
                name,
                topic = request.Topic?.Trim(),
                visibility,
                request.SlowModeS,
            },
            transaction
        );
        var room = await held.Show(Caller);
        await transaction.CommitAsync(CancellationToken.None);
        await db.DisposeAsync();
        await feeds.Publish(News.Passing(id, Guid.Empty, Frames.Room(room)));
        return Answer<Room>.Tagged(room, RoomTag.Of(room), "The room is changed");
    }

    private static async Task<bool> IsTaken(NpgsqlConnection db, NpgsqlTransaction transaction, Guid id, string name)
    {
        await db.ExecuteAsync($"select {RoomNames.Hold}", new { name }, transaction);
        return await db.ExecuteScalarAsync<bool>(
            """
            select exists (select 1 from room where lower(name) = lower(@name) and visibility = 'public' and id <> @id)
            """,
            new { id, name },
            transaction
        );
    }
}

[JsonSerializable(typeof(EditRoom.Request))]
internal sealed partial class EditRoomJson : JsonSerializerContext;
