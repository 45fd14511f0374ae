using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Notifications;

/// <summary>The rooms for which the caller has settings of their own, the latest first.</summary>
[HotRead]
internal sealed class ListRoomNotificationSettings(PostgresSource postgres)
    : Slice<ListRoomNotificationSettings.Request, RoomNotificationSettings[]>
{
    internal sealed record Request(int? Limit, string? Cursor);

    public override void Configure()
    {
        Get("/rooms");
        Group<NotificationsGroup>();
        Description(route =>
            route
                .Requires(AccountRead)
                .Described(
                    "Rooms with settings of their own",
                    new[] { RoomNotificationSettings.Example },
                    errors: [Errors.Validation]
                )
        );
    }

    public override async Task<Answer<RoomNotificationSettings[]>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (CursorPage.Read(request.Limit, request.Cursor, CursorPage.NewestFirst, out var seek) is { } refused)
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
                Caller.UserId,
                seek.Moment,
                seek.Id,
                seek.Take,
            }
        );
        return seek.Answer<RoomNotificationSettings>([.. rows], room => (room.UpdatedAt, room.RoomId));
    }
}
