using StackExchange.Redis;
using Veza.Infrastructure.Configuration;

namespace Veza.Infrastructure.Redis;

/// <summary>The one connection to Redis. It starts without Redis and loses it without waiting: a call fails at once and the caller goes on without.</summary>
internal sealed class RedisLink : IDisposable
{
    private const int AnswerMaxMs = 300, ConnectMaxMs = 1000;
    private readonly Lazy<ConnectionMultiplexer> connection;

    public RedisLink(Settings settings)
    {
        connection = new Lazy<ConnectionMultiplexer>(() =>
        {
            var options = ConfigurationOptions.Parse(settings.Redis);
            options.AbortOnConnectFail = false;
            options.BacklogPolicy = BacklogPolicy.FailFast;
            options.AsyncTimeout = AnswerMaxMs;
            options.ConnectTimeout = ConnectMaxMs;
            options.ReconnectRetryPolicy = new LinearRetry(ConnectMaxMs);
            options.ClientName = "veza";
            options.HeartbeatInterval = TimeSpan.FromSeconds(1);
            return ConnectionMultiplexer.Connect(options);
        });
    }

    internal bool IsUp => connection.Value.IsConnected;

    internal IDatabase Database => connection.Value.GetDatabase();

    internal ISubscriber Subscriber => connection.Value.GetSubscriber();

    public void Dispose()
    {
        if (connection.IsValueCreated) connection.Value.Dispose();
    }
}
