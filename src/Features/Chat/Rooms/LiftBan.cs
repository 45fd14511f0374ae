using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Rooms;

/// <summary>Lets a banned person in again. They are no member by that: they join, or are invited.</summary>
internal static class LiftBan
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/chat/rooms/{id}/bans/{userId}", Handle)
            .WithName("LiftBan")
            .Requires(Permissions.ChatWrite)
            .Documented(
                "Chat",
                "Lift a ban",
                Nothing.Value,
                errors:
                [
                    ChatReads.RoomNotFound,
                    ChatErrors.RoomIsDirect,
                    ChatErrors.RoomForbidden,
                    ChatErrors.BanNotFound,
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
        var (held, refused) = await LockedRoom.Take(db, transaction, id, caller, RoomAction.Ban);
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
