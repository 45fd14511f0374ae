using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Notifications.Devices;

/// <summary>Nothing is pushed any more to this device of the caller's.</summary>
internal sealed class RemovePushDevice(PostgresSource postgres) : Slice<RemovePushDevice.Request, Nothing>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/devices/{id}");
        Group<NotificationsGroup>();
        Description(route =>
            route
                .Requires(AccountWrite)
                .Described("Remove a push device", Nothing.Value, errors: NotificationsErrors.PushDeviceNotFound)
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var removed = await db.ExecuteAsync(
            "delete from push_device where id = @id and account_id = @UserId",
            new { id, Caller.UserId }
        );
        return removed == 0 ? NotificationsErrors.PushDeviceNotFound : Answer<Nothing>.Of(Nothing.Value, "Removed");
    }
}
