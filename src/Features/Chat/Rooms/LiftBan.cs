using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Chat.Rooms;

/// <summary>Lets a banned person in again. They are no member by that: they join, or are invited.</summary>
internal sealed class LiftBan(PostgresSource postgres) : Slice<LiftBan.Request, Nothing>
{
    internal sealed record Request(Guid Id, Guid UserId);

    public override void Configure()
    {
        Delete("/rooms/{id}/bans/{userId}");
        Group<ChatGroup>();
        Description(route =>
            route
                .Requires(ChatWrite)
                .Described(
                    "Lift a ban",
                    Nothing.Value,
                    errors:
                    [
                        ChatReads.RoomNotFound,
                        ChatErrors.RoomIsDirect,
                        ChatErrors.RoomForbidden,
                        ChatErrors.BanNotFound,
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
        var (held, refused) = await LockedRoom.Take(db, transaction, id, Caller, RoomAction.Ban);
        if (held is null)
            return refused!;
        var lifted = await db.ExecuteAsync(
            "delete from room_ban where room_id = @id and account_id = @userId and until > now()",
            new { id, userId },
            transaction
        );
        await transaction.CommitAsync(CancellationToken.None);
        return lifted == 0 ? ChatErrors.BanNotFound : Answer<Nothing>.Of(Nothing.Value, "The ban is lifted");
    }
}
