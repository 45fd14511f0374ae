using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Notifications;

/// <summary>The caller's notification settings.</summary>
internal sealed class ShowNotificationSettings(PostgresSource postgres) : Slice<NotificationSettings>
{
    public override void Configure()
    {
        Get("/settings");
        Group<NotificationsGroup>();
        Description(route =>
            route.Requires(AccountRead).Described("Show your notification settings", NotificationSettings.Example)
        );
    }

    protected override async Task<Answer<NotificationSettings>> Execute(CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await NotificationSettingsRow.Of(db, Caller.UserId);
    }
}
