using Dapper;
using Npgsql;

namespace Veza.Features.Plays;

/// <summary>
/// Forgets windows that are long past, and what was known of tracks that are gone. Their last plays close within a day;
/// then it goes in batches, however many listened.
/// </summary>
internal static class PlayRetention
{
    private const int BatchMax = 1000;
    private static readonly TimeSpan WindowsKept = TimeSpan.FromDays(1),
        OrphansKept = TimeSpan.FromDays(2);

    internal static async Task Forget(NpgsqlConnection db, DateTime now)
    {
        // A window of yesterday still tells who was a listener that day.
        await db.ExecuteAsync(
            """
            delete from play_window where (listener, track_id) in (select listener, track_id from play_window
              where counts_again_at < @before order by counts_again_at limit @BatchMax)
            """,
            new { before = now - WindowsKept, BatchMax }
        );
        await db.ExecuteAsync(
            """
            delete from play_place where (place, track_id) in
              (select place, track_id from play_place where counts_again_at < @before order by counts_again_at
                limit @BatchMax for update skip locked)
            """,
            new { before = now - WindowsKept, BatchMax }
        );
        await ForgetOrphan(db, now - OrphansKept);
    }

    private static async Task ForgetOrphan(NpgsqlConnection db, DateTime before)
    {
        var track = await db.QueryFirstOrDefaultAsync<Guid?>(
            "select track_id from play_orphan where gone_at < @before order by gone_at limit 1",
            new { before }
        );
        if (track is null)
            return;
        await using var transaction = await db.BeginTransactionAsync();
        var forgotten = await db.ExecuteAsync(
            """
            delete from track_listener where (account_id, track_id) in (select account_id, track_id from track_listener
              where track_id = @track limit @BatchMax)
            """,
            new { track, BatchMax },
            transaction
        );
        if (forgotten < BatchMax)
        {
            await db.ExecuteAsync("delete from play_day_part where track_id = @track", new { track }, transaction);
            await db.ExecuteAsync("delete from play_day where track_id = @track", new { track }, transaction);
            await db.ExecuteAsync("delete from play_total where track_id = @track", new { track }, transaction);
            await db.ExecuteAsync("delete from play_orphan where track_id = @track", new { track }, transaction);
        }

        await transaction.CommitAsync();
    }
}
