using StackExchange.Redis;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Loops;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.Redis;

/// <summary>
/// The one connection to Redis, a single server or a cluster. It starts without Redis and loses it without waiting: a
/// call fails at once and the caller goes on without. While Redis does not answer, one call in a while finds out
/// whether it does again; no other is sent.
/// </summary>
internal sealed partial class RedisLink : IDisposable
{
    private const int ReconnectAfterMs = 1000,
        AskAgainAfterMs = 1000,
        LateAnswersMax = 3,
        SayAgainAfterMs = 10_000;

    /// <summary>What may be under way to a Redis that has not answered yet; beyond it nothing is told.</summary>
    private const long UntoldBytesMax = 8 * 1024 * 1024;

    private readonly Lazy<ConnectionMultiplexer> connection;
    private readonly TimeProvider clock;
    private readonly ILogger<RedisLink>? log;
    private long untoldBytes,
        askAgainAt,
        sayAgainAt;
    private int lateAnswers;
    private volatile bool isAway,
        isSharded = true;

    public RedisLink(Settings settings, TimeProvider clock, ILogger<RedisLink>? log = null)
    {
        (this.clock, this.log) = (clock, log);
        Patience = RedisPatience.Of(settings.Redis);
        connection = new Lazy<ConnectionMultiplexer>(() =>
        {
            var options = ConfigurationOptions.Parse(settings.Redis);
            options.AbortOnConnectFail = false;
            options.BacklogPolicy = BacklogPolicy.FailFast;
            options.AsyncTimeout = (int)Patience.AnswerMax.TotalMilliseconds;
            options.ConnectTimeout = (int)Patience.ConnectMax.TotalMilliseconds;
            options.ReconnectRetryPolicy = new LinearRetry(ReconnectAfterMs);
            options.ClientName = "veza";
            options.HeartbeatInterval = TimeSpan.FromSeconds(1);
            return ConnectionMultiplexer.Connect(options);
        });
    }

    internal RedisPatience Patience { get; init; }

    internal bool IsUp => connection.Value.IsConnected;

    internal IDatabase Database => connection.Value.GetDatabase();

    internal ISubscriber Subscriber => connection.Value.GetSubscriber();

    internal bool IsSharded => isSharded;

    /// <summary>
    /// The channel of a name: sharded, so that in a cluster only the node that has the name's slot carries it; ordinary
    /// on a Redis before 7.
    /// </summary>
    internal RedisChannel Channel(string name) => IsSharded ? RedisChannel.Sharded(name) : RedisChannel.Literal(name);

    /// <summary>
    /// Looks again at what the servers can do. They may have been away at the start, or be others now.
    /// </summary>
    internal void LookAtServers()
    {
        var servers = connection.Value.GetServers().Where(server => server.IsConnected).ToArray();
        if (servers.Length > 0)
            isSharded = servers.All(server => server.Features.ShardedPubSub);
    }

    /// <summary>
    /// Publishes without waiting. False when it was not even sent: Redis is away, or has not answered to very much yet.
    /// </summary>
    internal bool Tell(string channel, byte[] payload) =>
        Send(payload.Length, () => Subscriber.PublishAsync(Channel(channel), payload));

    /// <summary>Runs a script without waiting; false as for <see cref="Tell"/>.</summary>
    internal bool Run(string script, RedisKey key, RedisValue[] values) =>
        Send(values.Sum(v => v.Length()), () => Database.ScriptEvaluateAsync(script, [key], values));

    /// <summary>Asks something that is no more than a help: null when Redis does not answer at once.</summary>
    internal async Task<T?> Ask<T>(Func<IDatabase, Task<T>> question)
        where T : class
    {
        HeldConnections.MustBeNone("Redis");
        if (!MayAsk())
            return null;
        try
        {
            var answer = await question(Database).WaitAsync(Patience.AskMax);
            Answered();
            return answer;
        }
        catch (TimeoutException e)
        {
            // One late answer may be this machine's own fault.
            if (Interlocked.Increment(ref lateAnswers) >= LateAnswersMax)
                GoneAway(e);
            return null;
        }
        catch (RedisException e)
        {
            Failed(e);
            return null;
        }
    }

    public void Dispose()
    {
        if (connection.IsValueCreated)
            connection.Value.Dispose();
    }

    private bool Send(long bytes, Func<Task> command)
    {
        if (!MayAsk())
            return false;
        var isRoom = Interlocked.Add(ref untoldBytes, bytes) <= UntoldBytesMax;
        if (isRoom)
            _ = Await(bytes, command);
        else
            Interlocked.Add(ref untoldBytes, -bytes);
        return isRoom;
    }

    private async Task Await(long bytes, Func<Task> command)
    {
        try
        {
            await command();
            Answered();
        }
        catch (TimeoutException e)
        {
            GoneAway(e);
        }
        catch (Exception e) when (e is RedisException or ObjectDisposedException)
        {
            Failed(e);
        }
        finally
        {
            Interlocked.Add(ref untoldBytes, -bytes);
        }
    }

    private void Answered()
    {
        isAway = false;
        Volatile.Write(ref lateAnswers, 0);
    }

    private bool MayAsk()
    {
        if (!IsUp)
            return false;
        if (!isAway)
            return true;
        var (now, due) = (clock.Milliseconds(), Interlocked.Read(ref askAgainAt));
        return now >= due && Interlocked.CompareExchange(ref askAgainAt, now + AskAgainAfterMs, due) == due;
    }

    private void GoneAway(Exception e)
    {
        Interlocked.Exchange(ref askAgainAt, clock.Milliseconds() + AskAgainAfterMs);
        if (!isAway && log is not null)
            LogAway(log, e.Message);
        isAway = true;
    }

    /// <summary>
    /// An answer that comes at once, such as of a cluster whose one master is down: the others go on, so nothing is
    /// held back.
    /// </summary>
    private void Failed(Exception e)
    {
        var (now, due) = (clock.Milliseconds(), Interlocked.Read(ref sayAgainAt));
        if (
            log is not null
            && now >= due
            && Interlocked.CompareExchange(ref sayAgainAt, now + SayAgainAfterMs, due) == due
        )
            LogFailed(log, e.Message);
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Redis does not answer, and is asked again in a while: {Reason}"
    )]
    private static partial void LogAway(ILogger log, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis refuses, and goes on being asked: {Reason}")]
    private static partial void LogFailed(ILogger log, string reason);
}
