using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Notifications;

/// <summary>
/// Sets all notification settings of the caller; what is left out gets its default. It counts for what is said from
/// now on.
/// </summary>
internal sealed class SetNotificationSettings(PostgresSource postgres)
    : Slice<NotificationSettings, NotificationSettings>
{
    public override void Configure()
    {
        Put("/settings");
        Group<NotificationsGroup>();
        Description(route =>
            route
                .Requires(AccountWrite)
                .Described(
                    "Set your notification settings",
                    NotificationSettings.Example,
                    NotificationSettings.Example,
                    errors: [Errors.Validation]
                )
        );
    }

    public override async Task<Answer<NotificationSettings>> ExecuteAsync(
        NotificationSettings request,
        CancellationToken ct
    )
    {
        if (NotificationSettingsRules.Faults(request) is { Length: > 0 } faults)
            return Errors.Validation.With(faults);
        await using var db = await postgres.OpenConnectionAsync(ct);
        if (request.QuietHours is { } quiet && !await NotificationSettingsRules.Knows(db, quiet.TimeZone!))
            return Errors.Validation.With(NotificationSettingsRules.ZoneUnknown);
        await using var transaction = await db.BeginTransactionAsync(ct);
        await db.ExecuteAsync(
            """
            insert into notification_setting as s (account_id, rooms, direct, previews, quiet_from, quiet_until,
              time_zone)
            values (@UserId, @rooms, @direct, @previews, @Start::time, @End::time, @TimeZone)
            on conflict (account_id) do update
              set rooms = excluded.rooms, direct = excluded.direct, previews = excluded.previews,
              quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until, time_zone = excluded.time_zone
            """,
            new
            {
                Caller.UserId,
                rooms = request.Rooms ?? NotificationSettings.Rooms1st,
                direct = request.Direct ?? NotificationSettings.Direct1st,
                previews = request.Previews ?? true,
                request.QuietHours?.Start,
                request.QuietHours?.End,
                request.QuietHours?.TimeZone,
            },
            transaction
        );
        await db.ExecuteAsync("select heed(@UserId)", new { Caller.UserId }, transaction);
        await transaction.CommitAsync(CancellationToken.None);
        return await NotificationSettingsRow.Of(db, Caller.UserId);
    }
}
