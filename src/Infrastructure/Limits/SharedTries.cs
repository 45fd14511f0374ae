using System.Collections.Concurrent;
using System.Globalization;
using StackExchange.Redis;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Redis;

namespace Veza.Infrastructure.Limits;

/// <summary>
/// The same logs in Redis, for all nodes together: a sorted set of instants for each key, by Redis's own clock. When
/// Redis does not answer at once, this process goes on with its own logs, and asks again now and then.
/// </summary>
internal sealed partial class SharedTries(RedisLink redis, TimeProvider clock, ILogger<SharedTries> log)
{
    private const int OwedMax = 10_000;
    private const string Prefix = "veza:{limits}:";
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Tries leave Redis a moment before they leave the process that made them: it must not refuse who has waited as
    /// long as that one said.
    /// </summary>
    private static readonly TimeSpan Early = TimeSpan.FromMilliseconds(100);

    private static readonly RedisChannel Cleared = RedisChannel.Literal("veza:limits:cleared");

    /// <summary>
    /// Takes a try in all logs or in none. Gives the index of the log that has no room (the subject's first, else the
    /// one that has room last) and the wait in milliseconds.
    /// </summary>
    private const string TakeScript = """
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local window, refused, wait = tonumber(ARGV[2]), 0, 0
        for i, key in ipairs(KEYS) do
          redis.call('ZREMRANGEBYSCORE', key, '-inf', now - window)
          local over = redis.call('ZCARD', key) - tonumber(ARGV[2 + i])
          if over >= 0 then
            local leaves = tonumber(redis.call('ZRANGE', key, over, over, 'WITHSCORES')[2]) + window - now
            if leaves > wait then refused, wait = i, leaves end
            if i == 1 and ARGV[3 + #KEYS] == '1' then return {refused, wait} end
          end
        end
        if refused > 0 then return {refused, wait} end
        local locked = 0
        for i, key in ipairs(KEYS) do
          redis.call('ZADD', key, now, ARGV[1])
          redis.call('PEXPIRE', key, window)
          if i == 1 and redis.call('ZCARD', key) >= tonumber(ARGV[3])
            then locked = tonumber(redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]) + window - now end
        end
        return {0, locked}
        """;

    private const string GiveBackScript = "for _, key in ipairs(KEYS) do redis.call('ZREM', key, ARGV[1]) end";

    private const string CountScript =
        "local count = redis.call('INCR', KEYS[1]) if count == 1 then redis.call('EXPIRE', KEYS[1], 120) end "
        + "return count";

    private readonly ConcurrentQueue<(string Id, TryKey[] Keys)> owed = new();
    private long askAgainAt;
    private volatile bool isAway;

    /// <summary>
    /// The log that refused, or -1 with how long the subject has no further try now; null when Redis did not say.
    /// </summary>
    internal async Task<(int Refused, TimeSpan Wait, TimeSpan LockedFor)?> Take(
        string id,
        TryKey[] keys,
        TimeSpan window
    )
    {
        RedisValue[] values =
        [
            id,
            (long)(window - Early).TotalMilliseconds,
            .. keys.Select(k => (RedisValue)k.Max),
            keys[0].IsSubject ? 1 : 0,
        ];
        var answer = (long[]?)await Ask(database => database.ScriptEvaluateAsync(TakeScript, Names(keys), values));
        if (answer is null)
            return null;
        var time = TimeSpan.FromMilliseconds(answer[1]);
        return answer[0] > 0
            ? ((int)answer[0] - 1, time, TimeSpan.Zero)
            : (-1, TimeSpan.Zero, keys[0].IsSubject ? time : TimeSpan.Zero);
    }

    /// <summary>
    /// Sent without waiting for an answer, and after the try itself, on the same connection. What cannot be sent now is
    /// sent when Redis is back: a good try must not count.
    /// </summary>
    internal void GiveBack(string id, TryKey[] keys)
    {
        if (owed.Count < OwedMax)
            owed.Enqueue((id, keys));
        Settle();
    }

    /// <summary>Counts one more of something in this minute, over all nodes; null when Redis did not say.</summary>
    internal async Task<long?> Count(string name, long minute) =>
        (long?)await Ask(database => database.ScriptEvaluateAsync(CountScript, [(RedisKey)$"{Prefix}{name}:{minute}"]));

    /// <summary>Drops logs here, and tells the other nodes to drop theirs.</summary>
    internal async Task Clear(UInt128[] ids)
    {
        await Ask(database =>
            database.ScriptEvaluateAsync("return redis.call('DEL', unpack(KEYS))", [.. ids.Select(Name)])
        );
        foreach (var id in ids)
            await Ask(database =>
                database.ScriptEvaluateAsync(
                    "return redis.call('PUBLISH', ARGV[1], ARGV[2])",
                    [],
                    [Cleared.ToString(), Text(id)]
                )
            );
    }

    /// <summary>Hears which logs other nodes have cleared. The subscription outlives lost connections.</summary>
    internal async Task Hear(Action<UInt128> cleared) =>
        await redis.Subscriber.SubscribeAsync(
            Cleared,
            (_, message) =>
            {
                if (
                    UInt128.TryParse((string?)message, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var id)
                )
                    cleared(id);
            }
        );

    private void Settle()
    {
        while (redis.IsUp && owed.TryDequeue(out var debt))
        {
            try
            {
                _ = redis.Database.ScriptEvaluateAsync(
                    GiveBackScript,
                    Names(debt.Keys),
                    [debt.Id],
                    CommandFlags.FireAndForget
                );
            }
            catch (RedisException)
            {
                owed.Enqueue(debt);
                return;
            }
        }
    }

    private async Task<RedisResult?> Ask(Func<IDatabase, Task<RedisResult>> question)
    {
        HeldConnections.MustBeNone("Redis");
        if (isAway)
        {
            // One request in a while finds out; the others do not wait for it.
            var (now, due) = (clock.GetTimestamp(), Interlocked.Read(ref askAgainAt));
            if (now < due || Interlocked.CompareExchange(ref askAgainAt, now + Ticks(AskAgainAfter), due) != due)
                return null;
        }

        try
        {
            if (!owed.IsEmpty)
                Settle();
            var answer = await question(redis.Database).WaitAsync(redis.Patience.AnswerMax, clock);
            isAway = false;
            return answer;
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            Interlocked.Exchange(ref askAgainAt, clock.GetTimestamp() + Ticks(AskAgainAfter));
            if (!isAway)
                LogAway(e.Message);
            isAway = true;
            return null;
        }
    }

    private static RedisKey[] Names(TryKey[] keys) => Array.ConvertAll(keys, key => Name(key.Id));

    private static RedisKey Name(UInt128 id) => Prefix + Text(id);

    private static string Text(UInt128 id) => id.ToString("x32");

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * clock.TimestampFrequency);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Limits are kept by each node alone, Redis does not answer: {Reason}"
    )]
    private partial void LogAway(string reason);
}
