using System.Buffers.Binary;
using System.Collections.Concurrent;
using Npgsql;
using StackExchange.Redis;
using Veza.Infrastructure.Realtime;
using Veza.Infrastructure.Redis;

namespace Veza.Features.Chat;

/// <summary>What is told to the other nodes about a room.</summary>
internal enum RoomNews : byte
{
    /// <summary>A message was committed; its frame follows.</summary>
    Message = 1,

    /// <summary>A frame for whoever listens now; the user it is about does not hear it.</summary>
    Passing = 2,

    /// <summary>The user left; the frame goes to the others.</summary>
    Left = 3,
}

/// <summary>
/// The feeds of all rooms that somebody listens to on this node, and the news between nodes. News travels by Redis; a node that got none finds
/// out by asking PostgreSQL for the newest seqs once a second, so delivery goes on, a little later, when Redis is down.
/// </summary>
internal sealed partial class RoomFeeds(MessageLog messages, RedisLink redis, Infrastructure.Health.Readiness readiness, ILogger<RoomFeeds> log) : BackgroundService
{
    private const int HeaderBytes = 16 + 1 + 8 + 16, HeadsBatchMax = 1000, GatesMax = 64;
    private static readonly TimeSpan TailEvery = TimeSpan.FromSeconds(1);
    private readonly Guid node = Guid.CreateVersion7();
    private readonly ConcurrentDictionary<Guid, RoomFeed> feeds = new();
    private readonly SemaphoreSlim[] gates = [.. Enumerable.Range(0, GatesMax).Select(_ => new SemaphoreSlim(1))];

    internal async Task<long> Subscribe(Guid roomId, Subscription subscription, long? afterSeq, CancellationToken ct)
    {
        var gate = GateOf(roomId);
        await gate.WaitAsync(ct);
        try
        {
            if (!feeds.TryGetValue(roomId, out var feed))
            {
                feeds[roomId] = feed = new RoomFeed(roomId, messages);
                await Listen(feed);
            }

            // Inside the gate: a feed that is being closed for want of listeners cannot be joined.
            return await feed.Subscribe(subscription, afterSeq, ct);
        }
        finally
        {
            gate.Release();
        }
    }

    internal async Task Unsubscribe(Guid roomId, SocketConnection connection)
    {
        var gate = GateOf(roomId);
        await gate.WaitAsync(CancellationToken.None);
        try
        {
            if (!feeds.TryGetValue(roomId, out var feed)) return;
            await feed.Unsubscribe(connection);
            if (feed.IsEmpty) await Forget(feed);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>Delivers here and tells the other nodes. Whatever happens to the news, nothing is lost: it is only a hint.</summary>
    internal async Task Publish(RoomNews kind, Guid roomId, long seq, Guid userId, byte[] frame)
    {
        if (feeds.TryGetValue(roomId, out var feed)) await Take(feed, kind, seq, userId, frame);
        var payload = new byte[HeaderBytes + frame.Length];
        node.TryWriteBytes(payload);
        payload[16] = (byte)kind;
        BinaryPrimitives.WriteInt64BigEndian(payload.AsSpan(17), seq);
        userId.TryWriteBytes(payload.AsSpan(25));
        frame.CopyTo(payload, HeaderBytes);
        try
        {
            await redis.Subscriber.PublishAsync(Channel(roomId), payload);
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            LogUntold(roomId, e.Message);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await readiness.WhenReady(stoppingToken);
        using var timer = new PeriodicTimer(TailEvery);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var batch in feeds.Keys.Chunk(HeadsBatchMax))
            {
                try
                {
                    foreach (var head in await messages.Heads(batch, stoppingToken))
                        if (feeds.TryGetValue(head.Id, out var feed)) await feed.Reached(head.LastSeq, stoppingToken);
                }
                catch (Exception e) when (e is NpgsqlException or TimeoutException)
                {
                    LogTail(e.Message);
                }
            }
        }
    }

    public override void Dispose()
    {
        foreach (var gate in gates) gate.Dispose();
        base.Dispose();
    }

    /// <summary>Opening and closing a feed exclude each other; rooms share a few gates.</summary>
    private SemaphoreSlim GateOf(Guid roomId) => gates[(roomId.GetHashCode() & int.MaxValue) % GatesMax];

    private async Task Listen(RoomFeed feed)
    {
        try
        {
            var queue = await redis.Subscriber.SubscribeAsync(Channel(feed.RoomId));
            queue.OnMessage(news => Receive(feed, news.Message));
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            // The tail check delivers meanwhile.
            LogUntold(feed.RoomId, e.Message);
        }
    }

    private async Task Forget(RoomFeed feed)
    {
        feeds.TryRemove(feed.RoomId, out _);
        try
        {
            await redis.Subscriber.UnsubscribeAsync(Channel(feed.RoomId));
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            LogUntold(feed.RoomId, e.Message);
        }
    }

    private async Task Receive(RoomFeed feed, RedisValue message)
    {
        var payload = (byte[]?)message;
        if (payload is null || payload.Length < HeaderBytes || new Guid(payload.AsSpan(0, 16)) == node) return;
        await Take(feed, (RoomNews)payload[16], BinaryPrimitives.ReadInt64BigEndian(payload.AsSpan(17)), new Guid(payload.AsSpan(25, 16)), payload.AsMemory(HeaderBytes));
    }

    private async Task Take(RoomFeed feed, RoomNews kind, long seq, Guid userId, ReadOnlyMemory<byte> frame)
    {
        try
        {
            if (kind == RoomNews.Message) await feed.Arrived(seq, frame, CancellationToken.None);
            if (kind == RoomNews.Left) await feed.Drop(userId);
            if (kind != RoomNews.Message) feed.Tell(frame, userId);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            // The gap could not be read now: the tail check finds it again.
            LogTail(e.Message);
        }
    }

    private static RedisChannel Channel(Guid roomId) => RedisChannel.Literal($"veza:room:{roomId:N}");

    [LoggerMessage(Level = LogLevel.Warning, Message = "Other nodes were not told about room {RoomId}, they will ask: {Reason}")]
    private partial void LogUntold(Guid roomId, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Missed messages could not be read yet: {Reason}")]
    private partial void LogTail(string reason);
}
