using System.Threading.Channels;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Loops;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.Events;

/// <summary>
/// Makes jobs of events, for one listener after the other, each in a transaction that also moves its place in the feed.
/// Woken by NOTIFY; a slow tick catches what a lost connection missed. Any number of workers do so at once: who finds a
/// listener's row held leaves it to the holder, whom the same NOTIFY wakes.
/// </summary>
internal sealed class EventDispatcher(
    PostgresSource postgres,
    EventSubscription[] subscriptions,
    Health.Readiness readiness,
    TimeProvider clock,
    ILogger<EventDispatcher> log
) : BackgroundService
{
    internal const string Channel = "veza_event";

    /// <summary>
    /// So many jobs of a listener may be due: what is more waits in the feed, where it costs nothing.
    /// </summary>
    internal const int DueMax = 1000;
    private const int CommandTimeoutS = 60;
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(5),
        RestAfterFailure = TimeSpan.FromSeconds(1),
        RenewedEvery = TimeSpan.FromMinutes(10);

    /// <summary>Between two rounds: what comes meanwhile is dispatched together.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(20),
        FullTick = TimeSpan.FromMilliseconds(250);
    private readonly Channel<bool> wakes = System.Threading.Channels.Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite }
    );
    private volatile bool isFull;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await readiness.WhenReady(stoppingToken);
        await Loop.UntilDone("Subscribing to events", log, Subscribe, RestAfterFailure, clock, stoppingToken);
        await Task.WhenAll(
            Loop.Run("Listening for events", log, Listen, RestAfterFailure, clock, stoppingToken),
            Loop.Every(Tick, "Looking for events", log, Wake, clock, stoppingToken, atOnce: true),
            Loop.Every(FullTick, "Looking for events that wait", log, WakeWhenFull, clock, stoppingToken),
            Loop.Every(RenewedEvery, "Renewing subscriptions", log, Renew, clock, stoppingToken),
            Loop.Run("Dispatching events", log, Round, RestAfterFailure, clock, stoppingToken)
        );
    }

    /// <summary>
    /// Whoever starts last says what a listener listens to. A place in the feed, once there, stays; a listener that is
    /// new begins behind what is committed by now, or with all that there is.
    /// </summary>
    internal async Task Subscribe(CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        foreach (var subscription in subscriptions)
            await db.ExecuteAsync(
                """
                insert into event_subscription (name, kinds, is_in_order, seen, seen_id)
                select @Name, @kinds, @IsInOrder,
                  case when @IsFromTheBeginning then '1:1:'::pg_snapshot else pg_current_snapshot() end,
                  case when @IsFromTheBeginning then 0 else coalesce((select max(id) from event), 0) end
                on conflict (name) do update
                   set kinds = excluded.kinds, is_in_order = excluded.is_in_order, renewed_at = now()
                """,
                new
                {
                    subscription.Name,
                    kinds = new PgValue<string[]>([.. subscription.Events.Select(e => e.Name)]),
                    subscription.IsInOrder,
                    subscription.IsFromTheBeginning,
                }
            );
    }

    private async Task Renew(CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await db.ExecuteAsync(
            "update event_subscription set renewed_at = now() where name = any(@names)",
            new { names = new PgValue<string[]>([.. subscriptions.Select(s => s.Name)]) }
        );
    }

    private async Task Round(CancellationToken ct)
    {
        await wakes.Reader.ReadAsync(ct);
        isFull = await DispatchAll(ct);
        await Task.Delay(Rest, clock, ct);
    }

    /// <summary>
    /// All that is new, for all listeners; what cannot be given to one is given to the others. True when one has as
    /// many jobs due as it may have.
    /// </summary>
    internal async Task<bool> DispatchAll(CancellationToken ct)
    {
        var anyFull = false;
        foreach (var subscription in subscriptions)
            await Loop.Attempt(
                $"Dispatching events to {subscription.Name}",
                log,
                async token => anyFull |= await Dispatch(subscription, token),
                ct
            );
        return anyFull;
    }

    private async Task<bool> Dispatch(EventSubscription subscription, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await db.ExecuteScalarAsync<bool>(
            "select dispatch_events(@Name, @DueMax)",
            new { subscription.Name, DueMax },
            commandTimeout: CommandTimeoutS
        );
    }

    private async Task Listen(CancellationToken stopping)
    {
        await using var db = await postgres.OpenListenerAsync(stopping);
        db.Notification += (_, _) => wakes.Writer.TryWrite(true);
        await using (var listen = new NpgsqlCommand($"listen {Channel}", db))
            await listen.ExecuteNonQueryAsync(CancellationToken.None);
        wakes.Writer.TryWrite(true);
        while (true)
            await db.WaitAsync(stopping);
    }

    /// <summary>When workers have made room, nobody tells.</summary>
    private Task WakeWhenFull(CancellationToken ct) => isFull ? Wake(ct) : Task.CompletedTask;

    private Task Wake(CancellationToken _)
    {
        wakes.Writer.TryWrite(true);
        return Task.CompletedTask;
    }
}
