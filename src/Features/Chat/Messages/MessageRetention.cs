using Dapper;
using Npgsql;
using Veza.Infrastructure.Loops;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// Drops months of messages that ended longer ago than they are kept, and then, in batches, what belonged to them: by
/// the time in the ids. Any number of workers may do so at once; what one leaves the next minute takes.
/// </summary>
internal sealed class MessageRetention(
    PostgresSource postgres,
    ChatSettings settings,
    TimeProvider clock,
    Infrastructure.Health.Readiness readiness,
    ILogger<MessageRetention> log
) : BackgroundService
{
    private const int BatchMax = 1000;
    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (settings.RetentionDays == 0)
            return;
        await readiness.WhenReady(stoppingToken);
        await Loop.Every(
            Every,
            "Dropping old messages",
            log,
            async ct =>
            {
                await using var db = await postgres.OpenConnectionAsync(ct);
                await Drop(db, clock.GetUtcNow().UtcDateTime.AddDays(-settings.RetentionDays));
            },
            clock,
            stoppingToken,
            atOnce: true
        );
    }

    /// <summary>
    /// Only whole months go: what was posted in the month of <paramref name="kept"/> stays until that month is over.
    /// </summary>
    internal static async Task Drop(NpgsqlConnection db, DateTime kept)
    {
        var month = new DateTime(kept.Year, kept.Month, 1, 0, 0, 0, DateTimeKind.Utc);
        var dropped = await db.ExecuteScalarAsync<int>("select drop_message_partitions(@month)", new { month });
        while (await Forget(db, month) is > 0 and var forgotten)
            dropped += forgotten;
        if (dropped > 0)
            await CountPins(db);
    }

    /// <summary>
    /// A batch of each; returns how much of the fullest went. The trigger of attachments puts their objects up for
    /// sweeping.
    /// </summary>
    private static async Task<int> Forget(NpgsqlConnection db, DateTime month)
    {
        int[] gone =
        [
            await db.ExecuteAsync(
                """
                delete from message_rest where id in (select id from message_rest where id < uuid_at(@month)
                  limit @BatchMax)
                """,
                new { month, BatchMax }
            ),
            await db.ExecuteAsync(
                """
                delete from attachment where id in (select id from attachment where message_id < uuid_at(@month)
                  limit @BatchMax)
                """,
                new { month, BatchMax }
            ),
            await db.ExecuteAsync(
                """
                delete from message_revision
                  where (message_id, number) in (select message_id, number from message_revision
                  where message_id < uuid_at(@month) limit @BatchMax)
                """,
                new { month, BatchMax }
            ),
            await db.ExecuteAsync(
                """
                delete from message_reaction where (message_id, account_id, emoji) in
                  (select message_id, account_id, emoji from message_reaction where message_id < uuid_at(@month)
                    limit @BatchMax)
                """,
                new { month, BatchMax }
            ),
            await db.ExecuteAsync(
                """
                delete from message_mention
                  where (account_id, room_id, seq) in (select account_id, room_id, seq from message_mention
                  where message_id < uuid_at(@month) limit @BatchMax)
                """,
                new { month, BatchMax }
            ),
        ];
        return gone.Max();
    }

    /// <summary>A batch of each of what belonged to the messages of a room that is gone.</summary>
    internal static async Task<int> ClearRoom(NpgsqlConnection db, Guid room, int batchMax)
    {
        int[] gone =
        [
            await db.ExecuteAsync(
                "delete from attachment where id in (select id from attachment where room_id = @room limit @batchMax)",
                new { room, batchMax }
            ),
            await db.ExecuteAsync(
                """
                delete from message_revision
                  where (message_id, number) in (select message_id, number from message_revision where room_id = @room
                  limit @batchMax)
                """,
                new { room, batchMax }
            ),
            await db.ExecuteAsync(
                """
                delete from message_reaction
                  where (message_id, account_id, emoji) in (select message_id, account_id, emoji from message_reaction
                  where room_id = @room limit @batchMax)
                """,
                new { room, batchMax }
            ),
            await db.ExecuteAsync(
                """
                delete from message_mention
                  where (account_id, room_id, seq) in (select account_id, room_id, seq from message_mention
                  where room_id = @room limit @batchMax)
                """,
                new { room, batchMax }
            ),
        ];
        return gone.Max();
    }

    /// <summary>
    /// The rooms are held before they are counted, so that a pin that is set meanwhile is in the count.
    /// </summary>
    private static async Task CountPins(NpgsqlConnection db)
    {
        await using var transaction = await db.BeginTransactionAsync();
        await db.ExecuteAsync(
            "select id from room where pin_count > 0 order by id for no key update",
            transaction: transaction
        );
        await db.ExecuteAsync(
            """
            update room set pin_count = (select count(*) from message m where m.room_id = room.id
              and m.pinned_at is not null) where pin_count > 0
            """,
            transaction: transaction
        );
        await transaction.CommitAsync();
    }
}
