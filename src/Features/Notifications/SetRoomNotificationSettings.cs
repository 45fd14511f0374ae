using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;
using ChatReads = Veza.Features.Chat.ChatReads;

namespace Veza.Features.Notifications;

/// <summary>Sets the caller's notification settings for one room, of which they are a member.</summary>
internal sealed class SetRoomNotificationSettings(PostgresSource postgres)
    : Slice<SetRoomNotificationSettings.Request, RoomNotificationSettings>
{
    internal sealed record Request([property: JsonIgnore] Guid Id, string? Level, DateTime? MutedUntil);

    public override void Configure()
    {
        Put("/rooms/{id}");
        Group<NotificationsGroup>();
        Description(route =>
            route
                .Requires(AccountWrite)
                .Described(
                    "Be told otherwise of a room",
                    RoomNotificationSettings.Example,
                    new Request(default, "all", null),
                    errors: [Errors.Validation, ChatReads.RoomNotFound]
                )
        );
    }

    public override async Task<Answer<RoomNotificationSettings>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        if (request.Level is not null && !NotificationSettings.IsLevel(request.Level))
            return Errors.Validation.With(
                new FieldError("level", "NOT_ALLOWED", "level is all, mentions or none, or null: as everywhere")
            );
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var set = await db.QuerySingleOrDefaultAsync<RoomNotificationSettings>(
            """
            insert into notification_room as o (account_id, room_id, level, muted_until)
            select w.account_id, w.room_id, @Level, @MutedUntil from room_member w where w.room_id = @id
              and w.account_id = @UserId
            on conflict (account_id, room_id) do update
              set level = excluded.level, muted_until = excluded.muted_until, updated_at = now()
            returning o.room_id, o.level, o.muted_until, o.updated_at
            """,
            new
            {
                id,
                Caller.UserId,
                request.Level,
                request.MutedUntil,
            },
            transaction
        );
        if (set is null)
            return ChatReads.RoomNotFound;
        await db.ExecuteAsync("select heed(@UserId, @id)", new { id, Caller.UserId }, transaction);
        await transaction.CommitAsync(CancellationToken.None);
        return set;
    }
}
