using System.Collections.Concurrent;
using Veza.Features.Chat.Realtime;
using Veza.Infrastructure.Loops;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// Tells the others, and the reader's own devices, how far somebody has read, once a second at most for each person and
/// room: what comes meanwhile replaces what waits. So a room in which everybody reads costs as many frames as it has
/// people, and not as many as it has messages.
/// </summary>
internal sealed class ReadReceipts(RoomFeeds feeds, TimeProvider clock, ILogger<ReadReceipts> log) : BackgroundService
{
    /// <summary>Beyond it receipts are not told, but read: they stand in PostgreSQL.</summary>
    internal const int WaitingMax = 50_000;

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<(Guid RoomId, Guid UserId, NewsKind Kind), News> waiting = new();

    internal void Tell(News read)
    {
        if (waiting.Count < WaitingMax)
            waiting[(read.RoomId, read.UserId, read.Kind)] = read;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Loop.Every(
            Every,
            "Telling what was read",
            log,
            async ct =>
            {
                foreach (var key in waiting.Keys)
                    if (waiting.TryRemove(key, out var read))
                        await Loop.Attempt("Telling a room what was read", log, _ => feeds.Publish(read), ct);
            },
            clock,
            stoppingToken
        );
}
