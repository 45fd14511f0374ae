using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Notifications.Devices;

/// <summary>Nothing is pushed any more to this device of the caller's.</summary>
internal static class RemovePushDevice
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/notifications/devices/{id}", Handle)
            .WithName("RemovePushDevice")
            .Requires(Permissions.AccountWrite)
            .Documented(
                "Notifications",
                "Remove a push device",
                Nothing.Value,
                errors: NotificationsErrors.PushDeviceNotFound
            );

    private static async Task<Answer<Nothing>> Handle(
        Guid id,
        Caller caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var removed = await db.ExecuteAsync(
            "delete from push_device where id = @id and account_id = @UserId",
            new { id, caller.UserId }
        );
        return removed == 0 ? NotificationsErrors.PushDeviceNotFound : Answer<Nothing>.Of(Nothing.Value, "Removed");
    }
}
