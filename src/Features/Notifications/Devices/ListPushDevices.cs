using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Notifications.Devices;

/// <summary>
/// The devices to which the caller's notifications are pushed; all of them, since there are few. One whose session has
/// ended is not among them.
/// </summary>
internal sealed class ListPushDevices(PostgresSource postgres) : Slice<PushDevice[]>
{
    public override void Configure()
    {
        Get("/devices");
        Group<NotificationsGroup>();
        Description(route =>
            route.Requires(AccountRead).Described("List your push devices", new[] { PushDevice.Example })
        );
    }

    protected override async Task<Answer<PushDevice[]>> Execute(CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        PushDevice[] devices =
        [
            .. await db.QueryAsync<PushDevice>(
                $"""
                select {PushDevice.Columns} from push_device d where d.account_id = @UserId and {PushDevice.IsAlive}
                  order by d.id desc
                """,
                new { Caller.UserId, Caller.SessionId }
            ),
        ];
        return devices;
    }
}
