using Dapper;
using Veza.Features.Chat.Realtime;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Chat.Rooms;

/// <summary>Lets somebody speak again, also one who has left. Unmuting twice changes nothing.</summary>
internal sealed class UnmuteMember(PostgresSource postgres, RoomFeeds feeds) : Slice<UnmuteMember.Request, Nothing>
{
    internal sealed record Request(Guid Id, Guid UserId);

    public override void Configure()
    {
        Delete("/rooms/{id}/members/{userId}/mute");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatWrite)
                .Described(
                    "Unmute a member",
                    Nothing.Value,
                    errors:
                    [
                        ChatReads.RoomNotFound,
                        ChatErrors.RoomIsDirect,
                        ChatErrors.RoomForbidden,
                        UsersReads.UserNotFound,
                    ]
                )
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        var userId = request.UserId;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var (held, refused) = await LockedRoom.Take(db, transaction, id, Caller, RoomAction.Mute);
        if (held is null)
            return refused!;
        if (await held.Find(userId) is not { } person)
            return UsersReads.UserNotFound;
        if (!held.Allows(RoomAction.Mute, person.Rank))
            return ChatErrors.RoomForbidden;
        var lifted = await db.ExecuteAsync(
            "delete from room_mute where room_id = @id and account_id = @userId",
            new { id, userId },
            transaction
        );
        var member = lifted == 1 ? await RoomMember.Find(db, transaction, id, userId) : null;
        await transaction.CommitAsync(CancellationToken.None);
        await db.DisposeAsync();
        if (member is not null)
            await feeds.Publish(News.Passing(id, Guid.Empty, Frames.Member(id, member)));
        return Answer<Nothing>.Of(Nothing.Value, "They may speak");
    }
}
