using Veza.Features.Chat.Presence;
using Veza.Features.Chat.Realtime;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Chat.Rooms;

/// <summary>
/// Leaves a room: the caller's sockets get nothing of it from then on. Leaving twice changes nothing; its owner cannot
/// leave.
/// </summary>
internal sealed class LeaveRoom(PostgresSource postgres, RoomFeeds feeds) : Slice<LeaveRoom.Request, Nothing>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/rooms/{id}/members/me");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatWrite)
                .Described(
                    "Leave a room",
                    Nothing.Value,
                    errors: [ChatReads.RoomNotFound, ChatErrors.RoomIsDirect, ChatErrors.OwnerMustStay]
                )
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var (held, refused) = await LockedRoom.Take(db, transaction, id, Caller, RoomAction.Leave);
        if (held is null)
            return refused!;
        if (held.Role == "owner")
            return ChatErrors.OwnerMustStay;
        var left = await held.Remove(Caller.UserId);
        await transaction.CommitAsync(CancellationToken.None);
        if (!left)
            return Answer<Nothing>.Of(Nothing.Value, "You have left the room");
        var hiddenFrom = await HiddenFrom.Members(db, id, Caller.UserId);
        await db.DisposeAsync();
        await feeds.Publish(
            News.Left(id, Caller.UserId, Frames.Member("member.left", id, Caller.UserId, Caller.Username, "left")) with
            {
                UnseenBy = hiddenFrom,
            }
        );
        return Answer<Nothing>.Of(Nothing.Value, "You have left the room");
    }
}
