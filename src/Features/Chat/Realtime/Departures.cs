using System.Diagnostics;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Health;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Chat;

/// <summary>
/// Ends the subscriptions of those who left a room, or were put out of it, wherever the news of that was lost: once a second each node reads who left lately, and who is
/// no member now hears no more. That also ends a subscription that began while its owner was being put out.
/// </summary>
internal sealed partial class Departures(PostgresSource postgres, RoomFeeds feeds, Readiness readiness, ILogger<Departures> log) : BackgroundService
{
    private const int PageMax = 1000, BatchMax = 1000;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1), Kept = TimeSpan.FromDays(1);

    /// <summary>A departure may be dated so long before it is committed, and a subscription that was let in before it may begin so long after.</summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromSeconds(15);

    internal sealed record Departure(long Id, Guid RoomId, Guid? AccountId, string? Username, bool IsBack, DateTime At);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await readiness.WhenReady(stoppingToken);
        var readAt = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(Every);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                var begun = Stopwatch.GetTimestamp();
                await Read(Stopwatch.GetElapsedTime(readAt) + Overlap, stoppingToken);
                readAt = begun;
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException)
            {
                LogUnread(e.Message);
            }
        }
    }

    /// <summary>Upkeep: no node is away for so long.</summary>
    internal static Task Forget(NpgsqlConnection db) => db.ExecuteAsync(
        "delete from room_departure where id in (select id from room_departure where at < now() - @Kept order by at limit @BatchMax)", new { Kept, BatchMax });

    private async Task Read(TimeSpan back, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var (afterAt, afterId) = (await db.ExecuteScalarAsync<DateTime>("select now() - @back::interval", new { back, ct }), 0L);
        while (true)
        {
            var rows = await db.QueryAsync<Departure>("""
                select d.id, d.room_id, d.account_id, (select username from account where id = d.account_id) as username, coalesce(m.is_back, false) as is_back, d.at
                  from (select id, room_id, account_id, at from room_departure where (at, id) > (@afterAt, @afterId) order by at, id limit @PageMax) d
                  left join lateral (select true as is_back from room_member where room_id = d.room_id and account_id = d.account_id limit 1) m on true
                 order by d.at, d.id
                """, new { afterAt, afterId, PageMax, ct });
            Departure[] page = [.. rows];
            foreach (var gone in page.Where(departure => !departure.IsBack))
            {
                var frame = gone.AccountId is { } person ? Frames.Member("member.left", gone.RoomId, person, gone.Username ?? "") : Frames.RoomDeleted(gone.RoomId);
                await feeds.End(gone.RoomId, gone.AccountId, frame);
            }

            if (page.Length < PageMax) return;
            (afterAt, afterId) = (page[^1].At, page[^1].Id);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Who left which room could not be read yet: {Reason}")]
    private partial void LogUnread(string reason);
}
