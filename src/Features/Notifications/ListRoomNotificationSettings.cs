using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Notifications;

/// <summary>The rooms for which the caller has settings of their own, the latest first.</summary>
[HotRead]
internal static class ListRoomNotificationSettings
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/notifications/rooms", Handle)
            .WithName("ListRoomNotificationSettings")
            .Requires(Permissions.AccountRead)
            .Documented(
                "Notifications",
                "Rooms with settings of their own",
                new[] { RoomNotificationSettings.Example },
                errors: [Errors.Validation]
            );

    private static async Task<Answer<RoomNotificationSettings[]>> Handle(
        int? limit,
        string? cursor,
        Caller caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        if (CursorPage.Read(limit, cursor, CursorPage.NewestFirst, out var seek) is { } refused)
            return refused;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<RoomNotificationSettings>(
            """
            select o.room_id, o.level, o.muted_until, o.updated_at from notification_room o
             where o.account_id = @UserId and (o.updated_at, o.room_id) < (@Moment, @Id)
             order by o.updated_at desc, o.room_id desc limit @Take
            """,
            new
            {
                caller.UserId,
                seek.Moment,
                seek.Id,
                seek.Take,
            }
        );
        return seek.Answer<RoomNotificationSettings>([.. rows], room => (room.UpdatedAt, room.RoomId));
    }
}
