using System.Collections.Concurrent;
using Veza.Features.Chat.Messages;
using Veza.Infrastructure.Batching;
using Veza.Infrastructure.Loops;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Realtime;
using Veza.Infrastructure.Redis;

namespace Veza.Features.Chat.Realtime;

/// <summary>
/// The feeds of all rooms that somebody listens to on this node, and the news between nodes. News travels by Redis, and
/// nobody waits for it; a node that got none finds out by asking PostgreSQL once a second which rooms have come
/// further, so delivery goes on, a little later, when Redis is down.
/// </summary>
internal sealed class RoomFeeds : BackgroundService
{
    private const int AheadBatchMax = 1000,
        CatchUpsMax = 8,
        GatesMax = 64,
        JoinBatchMax = 500,
        JoinersMax = 20_000,
        ListenRetriesMax = 500;

    private static readonly TimeSpan TailEvery = TimeSpan.FromSeconds(1);

    private readonly MessageLog messages;
    private readonly RecentMessages recent;
    private readonly RedisLink redis;
    private readonly Infrastructure.Health.Readiness readiness;
    private readonly TimeProvider clock;
    private readonly ILogger<RoomFeeds> log;
    private readonly byte[] node = Guid.CreateVersion7().ToByteArray();
    private readonly ConcurrentDictionary<Guid, OpenFeed> feeds = new();
    private readonly OneAtATime[] gates = [.. Enumerable.Range(0, GatesMax).Select(_ => new OneAtATime())];
    private readonly Gathering<Joining> joiners;

    public RoomFeeds(
        MessageLog messages,
        RecentMessages recent,
        RedisLink redis,
        Infrastructure.Health.Readiness readiness,
        TimeProvider clock,
        ILogger<RoomFeeds> log
    )
    {
        (this.messages, this.recent, this.redis, this.readiness, this.log) = (messages, recent, redis, readiness, log);
        this.clock = clock;
        joiners = new Gathering<Joining>(JoinBatchMax, JoinersMax, Join);
    }

    /// <summary>A feed, where its news comes from, and how many are about to join it.</summary>
    private sealed class OpenFeed(RoomFeed feed, RoomChannel line)
    {
        internal RoomFeed Feed { get; } = feed;

        internal RoomChannel Line { get; } = line;

        /// <summary>Changed behind the room's gate: a feed that somebody is about to join is not closed.</summary>
        internal int Joining { get; set; }
    }

    internal async Task<RoomPlace> Subscribe(
        Guid roomId,
        Subscription subscription,
        RoomPlace? from,
        CancellationToken ct
    )
    {
        HeldConnections.MustBeNone("a room's feed");
        await Behind(
            roomId,
            async () =>
            {
                if (!feeds.TryGetValue(roomId, out var open))
                {
                    var feed = new RoomFeed(roomId, messages, recent, clock);
                    feeds[roomId] = open = new OpenFeed(
                        feed,
                        new RoomChannel(
                            RecentMessages.Tag(roomId),
                            redis,
                            payload => Receive(feed, payload),
                            clock,
                            log
                        )
                    );
                    await open.Line.Open();
                }

                open.Joining++;
            }
        );
        try
        {
            var joining = new Joining(subscription, from);
            if (!joiners.Add(roomId, joining))
                throw new TimeoutException("Too many are joining this room at once.");
            return await joining.Live.Task.WaitAsync(ct);
        }
        finally
        {
            await Behind(
                roomId,
                async () =>
                {
                    if (!feeds.TryGetValue(roomId, out var open))
                        return;
                    open.Joining--;
                    await CloseIfEmpty(open);
                }
            );
        }
    }

    internal Task Unsubscribe(Guid roomId, SocketConnection connection) =>
        Behind(
            roomId,
            async () =>
            {
                if (!feeds.TryGetValue(roomId, out var open))
                    return;
                await open.Feed.Unsubscribe(connection);
                await CloseIfEmpty(open);
            }
        );

    /// <summary>
    /// Delivers here and tells the other nodes, without waiting for them. Whatever happens to the news, nothing is
    /// lost: it is only a hint.
    /// </summary>
    internal Task Publish(News news)
    {
        if (news.Kind == NewsKind.Changed)
            recent.Changed(news);
        return Tell(news.RoomId, [news]);
    }

    /// <summary>The same for messages that were stored together, when the room had come to this change.</summary>
    internal Task Publish(Guid roomId, News[] posted, long roomChange)
    {
        recent.Posted(roomId, posted, roomChange);
        return Tell(roomId, posted);
    }

    /// <summary>Ends the subscriptions of one person, or of all, on this node alone.</summary>
    internal Task End(Guid roomId, Guid? userId, byte[] frame) =>
        feeds.TryGetValue(roomId, out var open) ? open.Feed.End(userId, frame) : Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await readiness.WhenReady(stoppingToken);
        await Loop.Every(
            TailEvery,
            "Looking after rooms",
            log,
            async ct =>
            {
                foreach (var batch in feeds.Values.Chunk(AheadBatchMax))
                    await CatchUp(batch, ct);
                await ListenAgain(ct);
            },
            clock,
            stoppingToken
        );
    }

    public override void Dispose()
    {
        foreach (var gate in gates)
            gate.Dispose();
        base.Dispose();
    }

    /// <summary>One query for all of them; then only those read that something was said in.</summary>
    private async Task CatchUp(OpenFeed[] batch, CancellationToken ct)
    {
        await Loop.Attempt(
            "Reading which rooms have come further",
            log,
            async _ =>
            {
                var ahead = await messages.Ahead([.. batch.Select(open => open.Feed.Delivered)], ct);
                await Parallel.ForEachAsync(
                    ahead,
                    new ParallelOptions { MaxDegreeOfParallelism = CatchUpsMax, CancellationToken = ct },
                    async (head, token) =>
                        await Loop.Attempt("Reading what a room missed", log, _ => Reached(head, token), token)
                );
            },
            ct
        );
        foreach (var open in batch)
            open.Feed.Tidy();
    }

    private async Task Reached(MessageLog.Head head, CancellationToken ct)
    {
        if (feeds.TryGetValue(head.Id, out var open) && await open.Feed.Reached(head, ct))
            open.Line.Missed();
    }

    /// <summary>Opening and closing a feed exclude each other; rooms share a few gates.</summary>
    private async Task Behind(Guid roomId, Func<Task> work)
    {
        using var turn = await gates[(roomId.GetHashCode() & int.MaxValue) % GatesMax].Enter(CancellationToken.None);
        await work();
    }

    private async Task Join(Guid roomId, Joining[] batch)
    {
        try
        {
            // The feed is there as long as somebody waits for it.
            if (feeds.TryGetValue(roomId, out var open))
                await open.Feed.Join(batch, CancellationToken.None);
            foreach (var one in batch)
                one.Live.TrySetCanceled();
        }
        catch (Exception e)
        {
            foreach (var one in batch)
                one.Fail(e);
        }
    }

    private async Task Tell(Guid roomId, News[] news)
    {
        HeldConnections.MustBeNone("a room's feed");
        redis.Tell(RecentMessages.Tag(roomId), News.EncodeAll(node, news));
        if (feeds.TryGetValue(roomId, out var open))
            await Take(open.Feed, news);
    }

    /// <summary>
    /// Subscribes where that failed before, where the channel would be another now, and where nothing comes though it
    /// should.
    /// </summary>
    private async Task ListenAgain(CancellationToken ct)
    {
        if (!redis.IsUp)
            return;
        redis.LookAtServers();
        foreach (var open in feeds.Values.Where(open => !open.Line.IsSound).Take(ListenRetriesMax))
            await Loop.Attempt(
                "Listening to a room again",
                log,
                _ =>
                    Behind(
                        open.Feed.RoomId,
                        () => feeds.ContainsKey(open.Feed.RoomId) ? open.Line.OpenAnew() : Task.CompletedTask
                    ),
                ct
            );
    }

    private async Task CloseIfEmpty(OpenFeed open)
    {
        if (!open.Feed.IsEmpty || open.Joining > 0)
            return;
        feeds.TryRemove(open.Feed.RoomId, out _);
        await open.Line.Close();
    }

    private Task Receive(RoomFeed feed, byte[] payload) =>
        payload.Length < node.Length || payload.AsSpan(0, node.Length).SequenceEqual(node)
            ? Task.CompletedTask
            : Take(feed, News.DecodeAll(payload.AsMemory(node.Length)));

    /// <summary>A gap that cannot be read now is found again by the tail check.</summary>
    private Task Take(RoomFeed feed, News[] news) =>
        Loop.Attempt(
            "Delivering news",
            log,
            ct => feed.Hear([.. news.Where(piece => piece.RoomId == feed.RoomId)], ct),
            CancellationToken.None
        );
}
