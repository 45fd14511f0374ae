using Npgsql;

namespace Veza.Infrastructure.Postgres;

/// <summary>
/// The one way to PostgreSQL: a pool of slim connections whose waits end by themselves when the server is frozen.
/// </summary>
internal sealed class PostgresSource : IDisposable, IAsyncDisposable
{
    internal const int ConnectionsMax = 40,
        IdleInTransactionMaxS = 20;

    /// <summary>
    /// How long somebody waits for a connection: a free one of the pool, or a new one. The operator's string may say
    /// otherwise, as about the size of the pool.
    /// </summary>
    internal const int ConnectionMaxS = 4;

    private readonly NpgsqlDataSource pool;
    private readonly Action<string>? violated;

    private PostgresSource(NpgsqlDataSource pool, Action<string>? violated) =>
        (this.pool, this.violated) = (pool, violated);

    internal string ConnectionString => pool.ConnectionString;

    /// <summary>
    /// With somebody to tell, it is watched who holds two connections, or one for too long
    /// (<see cref="HeldConnections"/>).
    /// </summary>
    internal static PostgresSource Open(string connectionString, string role, Action<string>? violated = null)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = $"veza {role}",
            // Of a frozen server a connection and a probe know within five seconds: time out, then give the
            // cancellation half a second. TimedCommand has what is asked otherwise.
            CommandTimeout = 2,
            CancellationTimeout = 500,
            MaxAutoPrepare = 100,
            AutoPrepareMinUsages = 2,
            Timezone = "UTC",
        };
        // Compiling a statement costs more than any of ours may take. A process that was frozen, or cut off, in the
        // middle of a transaction lets go of its locks. Options of the operator's own stand as they are.
        settings.Options ??= $"-c jit=off -c idle_in_transaction_session_timeout={IdleInTransactionMaxS}s";
        if (!settings.ShouldSerialize("Maximum Pool Size"))
            settings.MaxPoolSize = ConnectionsMax;
        if (!settings.ShouldSerialize("Timeout"))
            settings.Timeout = ConnectionMaxS;
        var builder = new NpgsqlSlimDataSourceBuilder(settings.ConnectionString);
        builder.EnableArrays();
        builder.EnableTransportSecurity();
        return new PostgresSource(builder.Build(), violated);
    }

    /// <summary>Not asynchronous itself, so that the watch sees whose path it is.</summary>
    internal ValueTask<NpgsqlConnection> OpenConnectionAsync(CancellationToken ct = default) =>
        violated is null ? pool.OpenConnectionAsync(ct) : HeldConnections.Take(pool, violated, ct);

    /// <summary>
    /// A connection to listen on, held for as long as the process lives: one of the pool's for each listener, and the
    /// one thing that may be held for long.
    /// </summary>
    internal ValueTask<NpgsqlConnection> OpenListenerAsync(CancellationToken ct)
    {
        HeldConnections.MustBeNone("a listener");
        return pool.OpenConnectionAsync(ct);
    }

    /// <summary>A statement that takes a connection for itself.</summary>
    internal NpgsqlCommand CreateCommand(string sql)
    {
        HeldConnections.MustBeNone("another connection");
        return pool.CreateCommand(sql);
    }

    public void Dispose() => pool.Dispose();

    public ValueTask DisposeAsync() => pool.DisposeAsync();
}
