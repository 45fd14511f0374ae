using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Notifications;

/// <summary>A room is as everywhere again; where it was so, nothing changes.</summary>
internal static class ClearRoomNotificationSettings
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/notifications/rooms/{id}", Handle)
            .WithName("ClearRoomNotificationSettings")
            .Requires(Permissions.AccountWrite)
            .Documented("Notifications", "Be told of a room as of every other", Nothing.Value);

    private static async Task<Answer<Nothing>> Handle(
        Guid id,
        Caller caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        await db.ExecuteAsync(
            "delete from notification_room where account_id = @UserId and room_id = @id",
            new { id, caller.UserId },
            transaction
        );
        await db.ExecuteAsync("select heed(@UserId, @id)", new { id, caller.UserId }, transaction);
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<Nothing>.Of(Nothing.Value, "As everywhere");
    }
}
