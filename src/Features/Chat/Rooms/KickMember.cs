using Veza.Features.Chat.Presence;
using Veza.Features.Chat.Realtime;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Chat.Rooms;

/// <summary>
/// Puts a member out of a room: their sockets hear nothing of it from then on, on every node. They may join again; a
/// ban keeps them out.
/// </summary>
internal sealed class KickMember(PostgresSource postgres, RoomFeeds feeds) : Slice<KickMember.Request, Nothing>
{
    internal sealed record Request(Guid Id, Guid UserId);

    public override void Configure()
    {
        Delete("/rooms/{id}/members/{userId}");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatWrite)
                .Described(
                    "Remove a member from a room",
                    Nothing.Value,
                    errors:
                    [
                        ChatReads.RoomNotFound,
                        ChatErrors.RoomIsDirect,
                        ChatErrors.RoomForbidden,
                        ChatErrors.MemberNotFound,
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
        var (held, refused) = await LockedRoom.Take(db, transaction, id, Caller, RoomAction.Kick);
        if (held is null)
            return refused!;
        var (person, untouchable) = await held.FindLower(userId, RoomAction.Kick);
        if (person is null)
            return untouchable!;
        if (person.Role == "owner")
            return ChatErrors.OwnerMustStay;
        await held.Remove(userId);
        await transaction.CommitAsync(CancellationToken.None);
        var hiddenFrom = await HiddenFrom.Members(db, id, userId);
        await db.DisposeAsync();
        await feeds.Publish(
            News.Left(id, userId, Frames.Member("member.left", id, userId, person.Username, "kicked")) with
            {
                UnseenBy = hiddenFrom,
            }
        );
        return Answer<Nothing>.Of(Nothing.Value, "They are out of the room");
    }
}
