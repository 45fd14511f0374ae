using Veza.Features.Chat.Presence;
using Veza.Features.Chat.Realtime;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Rooms;

/// <summary>
/// Leaves a room: the caller's sockets get nothing of it from then on. Leaving twice changes nothing; its owner cannot
/// leave.
/// </summary>
internal static class LeaveRoom
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/chat/rooms/{id}/members/me", Handle)
            .WithName("LeaveRoom")
            .Requires(Permissions.ChatWrite)
            .Documented(
                "Chat",
                "Leave a room",
                Nothing.Value,
                errors: [ChatReads.RoomNotFound, ChatErrors.RoomIsDirect, ChatErrors.OwnerMustStay]
            );

    private static async Task<Answer<Nothing>> Handle(
        Guid id,
        Caller caller,
        PostgresSource postgres,
        RoomFeeds feeds,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var (held, refused) = await LockedRoom.Take(db, transaction, id, caller, RoomAction.Leave);
        if (held is null)
            return refused!;
        if (held.Role == "owner")
            return ChatErrors.OwnerMustStay;
        var left = await held.Remove(caller.UserId);
        await transaction.CommitAsync(CancellationToken.None);
        if (!left)
            return Answer<Nothing>.Of(Nothing.Value, "You have left the room");
        var hiddenFrom = await HiddenFrom.Members(db, id, caller.UserId);
        await db.DisposeAsync();
        await feeds.Publish(
            News.Left(id, caller.UserId, Frames.Member("member.left", id, caller.UserId, caller.Username, "left")) with
            {
                UnseenBy = hiddenFrom,
            }
        );
        return Answer<Nothing>.Of(Nothing.Value, "You have left the room");
    }
}
