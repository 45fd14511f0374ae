using Dapper;
using Npgsql;
using Veza.Features.Chat.Presence;
using Veza.Features.Chat.Realtime;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Rooms;

/// <summary>
/// Joins a public room, or a private one to which the caller was invited. Joining twice changes nothing.
/// </summary>
internal static class JoinRoom
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPut("/api/v1/chat/rooms/{id}/members/me", Handle)
            .WithName("JoinRoom")
            .Requires(Permissions.ChatWrite)
            .Documented(
                "Chat",
                "Join a room",
                Room.Example,
                errors:
                [
                    ChatReads.RoomNotFound,
                    ChatErrors.RoomIsDirect,
                    ChatErrors.Banned,
                    ChatErrors.RoomFull,
                    ChatErrors.TooManyRooms,
                ]
            );

    private static async Task<Answer<Room>> Handle(
        Guid id,
        Caller caller,
        PostgresSource postgres,
        RoomFeeds feeds,
        PersonalNews personal,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var (held, refused) = await LockedRoom.Take(db, transaction, id, caller, RoomAction.Join);
        if (held is null)
            return refused!;
        if (held.Role is not null)
            return Answer<Room>.Of(await held.Show(caller), "You were in already");
        if (await held.HasBanned(caller.UserId))
            return ChatErrors.Banned;
        if (held.MemberCount >= ChatLimits.MembersMax)
            return ChatErrors.RoomFull;
        await Turn.Take(db, transaction, "room_member", caller.UserId);
        if (await IsInMany(db, transaction, caller))
            return ChatErrors.TooManyRooms.Saying($"You are in {ChatLimits.RoomsJoinedMax} rooms; leave one first");
        // The invitation is spent, so that it lets in once.
        await db.ExecuteAsync(
            """
            with spent as (
              delete from room_invite where room_id = @id and account_id = @UserId
            ), added as (
              insert into room_member (room_id, account_id) values (@id, @UserId)
            )
            update room set member_count = member_count + 1 where id = @id
            """,
            new { id, caller.UserId },
            transaction
        );
        var room = await held.Show(caller);
        await transaction.CommitAsync(CancellationToken.None);
        personal.Tell(caller.UserId, Frames.RoomEntered(id));
        var hiddenFrom = await HiddenFrom.Members(db, id, caller.UserId);
        await db.DisposeAsync();
        await feeds.Publish(
            News.Passing(id, caller.UserId, Frames.Member("member.joined", id, caller.UserId, caller.Username)) with
            {
                UnseenBy = hiddenFrom,
            }
        );
        return Answer<Room>.Of(room, "You are in");
    }

    /// <summary>Conversations of two do not count.</summary>
    private static Task<bool> IsInMany(NpgsqlConnection db, NpgsqlTransaction transaction, Caller caller) =>
        db.ExecuteScalarAsync<bool>(
            """
            select count(*) >= @RoomsJoinedMax
              from (select 1 from room_member m cross
                join lateral (select visibility from room where id = m.room_id limit 1) r
                     where m.account_id = @UserId and r.visibility <> 'direct' limit @RoomsJoinedMax) had
            """,
            new { caller.UserId, ChatLimits.RoomsJoinedMax },
            transaction
        );
}
