using Dapper;
using Npgsql;
using Veza.Infrastructure.Jobs;

namespace Veza.Infrastructure.Events;

/// <summary>
/// Days of the event feed have their partitions before they begin; those that are no longer kept are dropped, whoever
/// was given them. A listener that no worker has had for as long is forgotten.
/// </summary>
internal static class EventDays
{
    internal const int KeptDays = 7;
    private const int AheadDays = 2;

    internal static async Task Keep(NpgsqlConnection db)
    {
        await db.ExecuteAsync("select make_event_days(@AheadDays)", new { AheadDays });
        await using (var transaction = await db.BeginTransactionAsync())
        {
            var gone = await db.QueryAsync<string>(
                "delete from event_subscription where renewed_at < now() - interval '1 day' * @KeptDays returning name",
                new { KeptDays },
                transaction
            );
            await JobQueue.Forget(db, transaction, [.. gone]);
            await transaction.CommitAsync();
        }

        // Of a listener that no worker has any more, nobody is missed.
        var late = await db.QueryAsync<string>(
            """
            select name from event_lag
             where oldest_at < (date_trunc('day', now() at time zone 'UTC') - interval '1 day' * @KeptDays)
                     at time zone 'UTC'
               and renewed_at > now() - interval '1 day'
             order by name
            """,
            new { KeptDays }
        );
        string[] names = [.. late];
        await db.ExecuteAsync("select drop_event_days(@KeptDays)", new { KeptDays });
        if (names.Length > 0)
            throw new EventsMissedException(names);
    }
}

/// <summary>
/// Listeners lost what was dropped before they were given it: it is told, and counted, as a failed task.
/// </summary>
internal sealed class EventsMissedException(string[] names)
    : Exception(
        $"Events were dropped that {string.Join(", ", names)} had not been given for {EventDays.KeptDays} days."
    );
