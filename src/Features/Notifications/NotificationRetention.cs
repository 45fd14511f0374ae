using Dapper;
using Npgsql;

namespace Veza.Features.Notifications;

/// <summary>Forgets what is long past.</summary>
internal static class NotificationRetention
{
    private const int BatchMax = 1000;
    private static readonly TimeSpan Kept = TimeSpan.FromDays(60);

    internal static Task Forget(NpgsqlConnection db) =>
        db.ExecuteAsync(
            """
            delete from notification where id in (select id from notification where created_at < now() - @Kept
              order by created_at limit @BatchMax)
            """,
            new { Kept, BatchMax }
        );
}
