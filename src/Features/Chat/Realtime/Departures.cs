using Dapper;
using Npgsql;
using Veza.Infrastructure.Health;
using Veza.Infrastructure.Loops;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Chat.Realtime;

/// <summary>
/// Ends the subscriptions of those who left a room, or were put out of it, wherever the news of that was lost: once a
/// second each node reads who left lately, and who is no member now hears no more. That also ends a subscription that
/// began while its owner was being put out.
/// </summary>
internal sealed class Departures(
    PostgresSource postgres,
    RoomFeeds feeds,
    Readiness readiness,
    TimeProvider clock,
    ILogger<Departures> log
) : BackgroundService
{
    private const int PageMax = 1000,
        BatchMax = 1000;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1),
        Kept = TimeSpan.FromDays(1);

    /// <summary>
    /// A departure may be dated so long before it is committed, and a subscription that was let in before it may begin
    /// so long after.
    /// </summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromSeconds(15);

    internal sealed record Departure(long Id, Guid RoomId, Guid? AccountId, string? Username, bool IsBack, DateTime At);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await readiness.WhenReady(stoppingToken);
        var readAt = clock.GetTimestamp();
        await Loop.Every(
            Every,
            "Reading who left",
            log,
            async ct =>
            {
                var begun = clock.GetTimestamp();
                await Read(clock.GetElapsedTime(readAt) + Overlap, ct);
                readAt = begun;
            },
            clock,
            stoppingToken
        );
    }

    /// <summary>Upkeep: no node is away for so long.</summary>
    internal static Task Forget(NpgsqlConnection db) =>
        db.ExecuteAsync(
            """
            delete from room_departure where id in (select id from room_departure where at < now() - @Kept order by at
              limit @BatchMax)
            """,
            new { Kept, BatchMax }
        );

    private async Task Read(TimeSpan back, CancellationToken ct)
    {
        var (afterAt, afterId) = (await Begin(back, ct), 0L);
        for (
            Departure[] page = await Page(afterAt, afterId, ct);
            page.Length > 0;
            page = page.Length < PageMax ? [] : await Page(afterAt, afterId, ct)
        )
        {
            foreach (var gone in page.Where(departure => !departure.IsBack))
                await Loop.Attempt("Ending a subscription", log, _ => End(gone), ct);
            (afterAt, afterId) = (page[^1].At, page[^1].Id);
        }
    }

    /// <summary>By the clock of the database, which wrote the departures.</summary>
    private async Task<DateTime> Begin(TimeSpan back, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await db.ExecuteScalarAsync<DateTime>("select now() - @back::interval", new { back });
    }

    private async Task<Departure[]> Page(DateTime afterAt, long afterId, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<Departure>(
            """
            select d.id, d.room_id, d.account_id, (select username from account where id = d.account_id) as username,
              coalesce(m.is_back, false) as is_back, d.at
              from (select id, room_id, account_id, at from room_departure where (at, id) > (@afterAt, @afterId)
                order by at, id limit @PageMax) d
              left join lateral (select true as is_back from room_member where room_id = d.room_id
                and account_id = d.account_id limit 1) m on true
             order by d.at, d.id
            """,
            new
            {
                afterAt,
                afterId,
                PageMax,
            }
        );
        return [.. rows];
    }

    /// <summary>When no connection is held: a room that is busy may make it wait.</summary>
    private Task End(Departure gone)
    {
        var frame = gone.AccountId is { } person
            ? Frames.Member("member.left", gone.RoomId, person, gone.Username ?? "")
            : Frames.RoomDeleted(gone.RoomId);
        return feeds.End(gone.RoomId, gone.AccountId, frame);
    }
}
