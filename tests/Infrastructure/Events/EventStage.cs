using System.Collections.Concurrent;
using System.Text.Json.Serialization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Veza.Infrastructure.Events;
using Veza.Infrastructure.Health;
using Veza.Infrastructure.Jobs;
using Veza.Tests.Harness;
using Veza.Tests.Infrastructure.Jobs;

namespace Veza.Tests.Infrastructure.Events;

/// <summary>What the events of these tests tell.</summary>
internal sealed record Noted(int N);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Noted))]
internal sealed partial class NotedJson : JsonSerializerContext;

/// <summary>A feed of its own with as many listeners as a test wants.</summary>
public abstract class EventStage : IAsyncLifetime
{
    private protected static readonly CancellationToken None = CancellationToken.None;

    private protected static readonly EventKind<Noted> Happened = new("test_happened", NotedJson.Default.Noted),
        Otherwise = new("test_otherwise", NotedJson.Default.Noted);

    private protected TestEnvironment Premises { get; private set; } = null!;

    private protected TestDatabase Database => Premises.Database;

    public async ValueTask InitializeAsync() => Premises = await TestEnvironment.Create(inS3: false);

    public async ValueTask DisposeAsync()
    {
        await Premises.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected static EventSubscription Listener(string name, Func<EventDelivery, Task>? hears = null) =>
        new(
            name,
            [Happened],
            _ => new ScriptedJob((run, _) => hears?.Invoke(EventDelivery.Of(run)) ?? Task.CompletedTask)
        );

    private protected async Task<EventDispatcher> Subscribed(params EventSubscription[] subscriptions)
    {
        var dispatcher = new EventDispatcher(
            Premises.Source,
            subscriptions,
            Ready(),
            TimeProvider.System,
            NullLogger<EventDispatcher>.Instance
        );
        await dispatcher.Subscribe(None);
        return dispatcher;
    }

    private protected JobWorker Worker(params EventSubscription[] subscriptions) =>
        Worker(new ServiceCollection(), subscriptions);

    private protected JobWorker Worker(IServiceCollection services, params EventSubscription[] subscriptions) =>
        new(
            Premises.Source,
            [.. subscriptions.Select(s => s.Job)],
            services.BuildServiceProvider(),
            JobLimits.OfListeners(subscriptions.Length),
            Ready(),
            TimeProvider.System,
            NullLogger<JobWorker>.Instance
        );

    private static Readiness Ready()
    {
        var readiness = new Readiness();
        readiness.Ready();
        return readiness;
    }

    private protected async Task Write(int n, Guid? subject = null, EventKind<Noted>? kind = null)
    {
        await using var open = await Open();
        await open.Write(n, subject, kind);
        await open.Commit();
    }

    private protected async Task<OpenCause> Open()
    {
        var db = await Database.Source.OpenConnectionAsync();
        return new OpenCause(db, await db.BeginTransactionAsync());
    }

    /// <summary>A transaction that a test commits when it likes.</summary>
    private protected sealed class OpenCause(NpgsqlConnection db, NpgsqlTransaction transaction) : IAsyncDisposable
    {
        internal Task Write(int n, Guid? subject = null, EventKind<Noted>? kind = null) =>
            (kind ?? Happened).Write(db, transaction, subject, new Noted(n));

        internal async Task Do(string sql)
        {
            await using var command = new NpgsqlCommand(sql, db, transaction);
            await command.ExecuteNonQueryAsync();
        }

        internal Task Commit() => transaction.CommitAsync();

        internal Task Rollback() => transaction.RollbackAsync();

        public async ValueTask DisposeAsync()
        {
            await transaction.DisposeAsync();
            await db.DisposeAsync();
        }
    }

    /// <summary>What a listener was given, in that order.</summary>
    private protected Task<string[]> Given(string listener) =>
        Database.Column(
            "select payload->'event'->>'n' from job where kind = $1 order by created_at, (payload->>'id')::bigint",
            listener
        );

    private protected Task<long> Lag(string listener) =>
        Database.Scalar<long>("select events from event_lag where name = $1", listener);

    private protected Task<string[]> States(string listener) =>
        Database.Column(
            """
            select (payload->'event'->>'n') || ' ' || state from job where kind = $1
              order by (payload->>'id')::bigint
            """,
            listener
        );

    /// <summary>What waits for its next try need not wait in a test.</summary>
    private protected Task Hurry() => Database.Execute("update job set run_at = now() where state = 'queued'");

    /// <summary>Runs what is due, one after the other, until nothing is.</summary>
    private protected static async Task Drain(JobWorker worker)
    {
        for (var run = await worker.Claim(None); run is not null; run = await worker.Claim(None))
            await worker.RunOne(run, None);
    }

    private protected static CancellationToken Deadline() => new CancellationTokenSource(Eventually.DeadlineMax).Token;

    /// <summary>What a listener has heard, in that order.</summary>
    internal sealed class Ear
    {
        private readonly ConcurrentQueue<int> heard = new();

        internal int[] Heard => [.. heard];

        internal Task Hear(EventDelivery delivery)
        {
            heard.Enqueue(Happened.Read(delivery).N);
            return Task.CompletedTask;
        }
    }
}
