using Dapper;
using Npgsql;
using Veza.Features.Chat.Presence;
using Veza.Features.Chat.Realtime;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Chat.Rooms;

/// <summary>
/// Joins a public room, or a private one to which the caller was invited. Joining twice changes nothing.
/// </summary>
internal sealed class JoinRoom(PostgresSource postgres, RoomFeeds feeds, PersonalNews personal)
    : Slice<JoinRoom.Request, Room>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Put("/rooms/{id}/members/me");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatWrite)
                .Described(
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
                )
        );
    }

    public override async Task<Answer<Room>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var (held, refused) = await LockedRoom.Take(db, transaction, id, Caller, RoomAction.Join);
        if (held is null)
            return refused!;
        if (held.Role is not null)
            return Answer<Room>.Of(await held.Show(Caller), "You were in already");
        if (await held.HasBanned(Caller.UserId))
            return ChatErrors.Banned;
        if (held.MemberCount >= ChatLimits.MembersMax)
            return ChatErrors.RoomFull;
        await Turn.Take(db, transaction, "room_member", Caller.UserId);
        if (await IsInMany(db, transaction, Caller))
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
            new { id, Caller.UserId },
            transaction
        );
        var room = await held.Show(Caller);
        await transaction.CommitAsync(CancellationToken.None);
        personal.Tell(Caller.UserId, Frames.RoomEntered(id));
        var hiddenFrom = await HiddenFrom.Members(db, id, Caller.UserId);
        await db.DisposeAsync();
        await feeds.Publish(
            News.Passing(id, Caller.UserId, Frames.Member("member.joined", id, Caller.UserId, Caller.Username)) with
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
