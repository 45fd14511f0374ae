using StackExchange.Redis;
using Veza.Infrastructure.Loops;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Redis;

namespace Veza.Features.Chat.Realtime;

/// <summary>
/// What other nodes tell on one channel, by a subscription of Redis. It is opened without waiting long, and opened anew
/// when it failed or seems to be deaf.
/// </summary>
internal sealed partial class RoomChannel(
    string name,
    RedisLink redis,
    Func<byte[], Task> receive,
    TimeProvider clock,
    ILogger log
)
{
    /// <summary>So often something may have happened without a word from Redis.</summary>
    private const int MissedMax = 3;

    /// <summary>What comes before the subscription stands is found by the tail check.</summary>
    private static readonly TimeSpan OpenMax = TimeSpan.FromMilliseconds(100);

    private Task opening = Task.CompletedTask;
    private volatile ChannelMessageQueue? queue;
    private volatile bool isSharded,
        isClosed;
    private int missed;

    internal bool IsSound =>
        !opening.IsCompleted
        || (queue is not null && isSharded == redis.IsSharded && Volatile.Read(ref missed) < MissedMax);

    internal async Task Open()
    {
        HeldConnections.MustBeNone("Redis");
        opening = Subscribe();
        await Task.WhenAny(opening, Task.Delay(OpenMax, clock));
    }

    internal async Task OpenAnew()
    {
        await Leave();
        await Open();
    }

    internal Task Close()
    {
        isClosed = true;
        return Leave();
    }

    /// <summary>More had happened than was heard.</summary>
    internal void Missed() => Interlocked.Increment(ref missed);

    private async Task Subscribe()
    {
        isSharded = redis.IsSharded;
        var channel = redis.Channel(name);
        try
        {
            var opened = await redis.Subscriber.SubscribeAsync(channel);
            opened.OnMessage(Hear);
            queue = opened;
            Volatile.Write(ref missed, 0);
            if (isClosed)
                await Leave();
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            // PostgreSQL is asked meanwhile. Nothing stays that would be filled when Redis is back, and read by nobody.
            LogUnheard(name, e.Message);
            await Leave(() => redis.Subscriber.UnsubscribeAsync(channel, null, CommandFlags.FireAndForget));
        }
    }

    private async Task Leave()
    {
        var left = queue;
        queue = null;
        if (left is not null)
            await Leave(() => left.UnsubscribeAsync(CommandFlags.FireAndForget));
    }

    private async Task Leave(Func<Task> leave)
    {
        try
        {
            await leave();
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            LogUnheard(name, e.Message);
        }
    }

    private async Task Hear(ChannelMessage message)
    {
        Volatile.Write(ref missed, 0);
        // What is thrown here the client for Redis swallows.
        if ((byte[]?)message.Message is { } payload)
            await Loop.Attempt("Hearing news", log, _ => receive(payload), CancellationToken.None);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Channel} is not heard through Redis: {Reason}")]
    private partial void LogUnheard(string channel, string reason);
}
