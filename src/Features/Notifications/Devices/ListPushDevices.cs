using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Notifications.Devices;

/// <summary>
/// The devices to which the caller's notifications are pushed; all of them, since there are few. One whose session has
/// ended is not among them.
/// </summary>
internal static class ListPushDevices
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/notifications/devices", Handle)
            .WithName("ListPushDevices")
            .Requires(Permissions.AccountRead)
            .Documented("Notifications", "List your push devices", new[] { PushDevice.Example });

    private static async Task<Answer<PushDevice[]>> Handle(Caller caller, PostgresSource postgres, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        PushDevice[] devices =
        [
            .. await db.QueryAsync<PushDevice>(
                $"""
                select {PushDevice.Columns} from push_device d where d.account_id = @UserId and {PushDevice.IsAlive}
                  order by d.id desc
                """,
                new { caller.UserId, caller.SessionId }
            ),
        ];
        return devices;
    }
}
