using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Rooms;

/// <summary>
/// Takes an invitation back, whoever of the room's owner and moderators gave it. Who has joined by it stays.
/// </summary>
internal static class WithdrawInvite
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/chat/rooms/{id}/invites/{userId}", Handle)
            .WithName("WithdrawInvite")
            .Requires(Permissions.ChatWrite)
            .Documented(
                "Chat",
                "Withdraw an invitation",
                Nothing.Value,
                errors:
                [
                    ChatReads.RoomNotFound,
                    ChatErrors.RoomIsDirect,
                    ChatErrors.RoomForbidden,
                    ChatErrors.InviteNotFound,
                ]
            );

    private static async Task<Answer<Nothing>> Handle(
        Guid id,
        Guid userId,
        Caller caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var (held, refused) = await LockedRoom.Take(db, transaction, id, caller, RoomAction.Invite);
        if (held is null)
            return refused!;
        var gone = await db.ExecuteAsync(
            "delete from room_invite where room_id = @id and account_id = @userId",
            new { id, userId },
            transaction
        );
        await transaction.CommitAsync(CancellationToken.None);
        return gone == 0 ? ChatErrors.InviteNotFound : Answer<Nothing>.Of(Nothing.Value, "The invitation is withdrawn");
    }
}
