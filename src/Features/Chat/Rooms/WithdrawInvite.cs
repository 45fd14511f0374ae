using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Chat.Rooms;

/// <summary>
/// Takes an invitation back, whoever of the room's owner and moderators gave it. Who has joined by it stays.
/// </summary>
internal sealed class WithdrawInvite(PostgresSource postgres) : Slice<WithdrawInvite.Request, Nothing>
{
    internal sealed record Request(Guid Id, Guid UserId);

    public override void Configure()
    {
        Delete("/rooms/{id}/invites/{userId}");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatWrite)
                .Described(
                    "Withdraw an invitation",
                    Nothing.Value,
                    errors:
                    [
                        ChatReads.RoomNotFound,
                        ChatErrors.RoomIsDirect,
                        ChatErrors.RoomForbidden,
                        ChatErrors.InviteNotFound,
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
        var (held, refused) = await LockedRoom.Take(db, transaction, id, Caller, RoomAction.Invite);
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
