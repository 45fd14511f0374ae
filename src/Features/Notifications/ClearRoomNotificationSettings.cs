using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Notifications;

/// <summary>A room is as everywhere again; where it was so, nothing changes.</summary>
internal sealed class ClearRoomNotificationSettings(PostgresSource postgres)
    : Slice<ClearRoomNotificationSettings.Request, Nothing>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/rooms/{id}");
        Group<NotificationsGroup>();
        Description(route =>
            route.Requires(AccountWrite).Described("Be told of a room as of every other", Nothing.Value)
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        await db.ExecuteAsync(
            "delete from notification_room where account_id = @UserId and room_id = @id",
            new { id, Caller.UserId },
            transaction
        );
        await db.ExecuteAsync("select heed(@UserId, @id)", new { id, Caller.UserId }, transaction);
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<Nothing>.Of(Nothing.Value, "As everywhere");
    }
}
