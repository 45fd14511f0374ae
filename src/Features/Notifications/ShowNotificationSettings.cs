using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Notifications;

/// <summary>The caller's notification settings.</summary>
internal static class ShowNotificationSettings
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/notifications/settings", Handle)
            .WithName("ShowNotificationSettings")
            .Requires(Permissions.AccountRead)
            .Documented("Notifications", "Show your notification settings", NotificationSettings.Example);

    private static async Task<Answer<NotificationSettings>> Handle(
        Caller caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await NotificationSettingsRow.Of(db, caller.UserId);
    }
}
