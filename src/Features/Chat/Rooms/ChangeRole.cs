using System.Text.Json.Serialization;
using Dapper;
using Npgsql;
using Veza.Features.Chat.Realtime;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Chat.Rooms;

/// <summary>
/// Makes a member a moderator, or a moderator a member again; the owner may, and everybody may step down. Making
/// somebody the owner hands the room over: whoever owned it is a moderator then.
/// </summary>
internal sealed class ChangeRole(PostgresSource postgres, RoomFeeds feeds) : Slice<ChangeRole.Request, RoomMember>
{
    internal sealed record Request([property: JsonIgnore] Guid Id, [property: JsonIgnore] Guid UserId, string? Role);

    public override void Configure()
    {
        Put("/rooms/{id}/members/{userId}");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatWrite)
                .Described(
                    "Change a member's role",
                    RoomMember.Example with
                    {
                        Role = "moderator",
                    },
                    new Request(default, default, "moderator"),
                    errors:
                    [
                        Errors.Validation,
                        ChatReads.RoomNotFound,
                        ChatErrors.RoomIsDirect,
                        ChatErrors.RoomForbidden,
                        ChatErrors.MemberNotFound,
                        ChatErrors.OwnerMustStay,
                        ChatErrors.TooManyRooms,
                    ]
                )
        );
    }

    public override async Task<Answer<RoomMember>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        var userId = request.UserId;
        if (request.Role is not ("owner" or "moderator" or "member"))
            return Errors.Validation.With(new FieldError("role", "NOT_ALLOWED", "role is owner, moderator or member"));
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var stepsDown = userId == Caller.UserId && request.Role == "member";
        var (held, refused) = await LockedRoom.Take(
            db,
            transaction,
            id,
            Caller,
            stepsDown ? RoomAction.Leave : RoomAction.ChangeRole
        );
        if (held is null)
            return refused!;
        var person = await held.Find(userId);
        if (person?.Role is null)
            return ChatErrors.MemberNotFound;
        // Only roles in the room count here: who moderates the site may be made a moderator of a room like anybody.
        if (person.Role == "owner" && request.Role != "owner")
            return ChatErrors.OwnerMustStay;
        if (!stepsDown && person.Role != request.Role && !held.Allows(RoomAction.ChangeRole, Authority.Of(person.Role)))
            return ChatErrors.RoomForbidden;
        if (request.Role == "owner" && person.Role != "owner" && await OwnsAll(db, transaction, userId))
            return ChatErrors.TooManyRooms.Saying("They own as many rooms as are allowed");
        var before =
            request.Role == "owner" && person.Role != "owner" ? await StepAside(db, transaction, id, userId) : null;
        await db.ExecuteAsync(
            "update room_member set role = @Role where room_id = @id and account_id = @userId",
            new
            {
                id,
                userId,
                request.Role,
            },
            transaction
        );
        var after = await RoomMember.Find(db, transaction, id, userId);
        await transaction.CommitAsync(CancellationToken.None);
        await db.DisposeAsync();
        if (before is not null)
            await feeds.Publish(News.Passing(id, Guid.Empty, Frames.Member(id, before)));
        if (person.Role != request.Role)
            await feeds.Publish(News.Passing(id, Guid.Empty, Frames.Member(id, after!)));
        return Answer<RoomMember>.Of(after!, request.Role == "owner" ? "The room is theirs" : "Their role is changed");
    }

    private static async Task<bool> OwnsAll(NpgsqlConnection db, NpgsqlTransaction transaction, Guid userId)
    {
        await Turn.Take(db, transaction, Room.Owned, userId);
        return await db.ExecuteScalarAsync<bool>(
            """
            select count(*) >= @RoomsOwnedMax
              from (select 1 from room where owner_id = @userId limit @RoomsOwnedMax) had
            """,
            new { userId, ChatLimits.RoomsOwnedMax },
            transaction
        );
    }

    /// <summary>Whoever owned the room until now, if anybody did, as a moderator.</summary>
    private static async Task<RoomMember?> StepAside(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Guid id,
        Guid userId
    )
    {
        var before = await db.ExecuteScalarAsync<Guid?>(
            "update room_member set role = 'moderator' where room_id = @id and role = 'owner' returning account_id",
            new { id },
            transaction
        );
        await db.ExecuteAsync(
            "update room set owner_id = @userId, updated_at = now() where id = @id",
            new { id, userId },
            transaction
        );
        return before is { } owner ? await RoomMember.Find(db, transaction, id, owner) : null;
    }
}

[JsonSerializable(typeof(ChangeRole.Request))]
internal sealed partial class ChangeRoleJson : JsonSerializerContext;
