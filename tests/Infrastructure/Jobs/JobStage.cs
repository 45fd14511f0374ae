using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Veza.Infrastructure.Health;
using Veza.Infrastructure.Jobs;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Jobs;

/// <summary>A job that does what its test says.</summary>
internal sealed class ScriptedJob(Func<JobRun, CancellationToken, Task> run, Func<Task>? giveUp = null) : IJob
{
    public Task Run(JobRun job, CancellationToken ct) => run(job, ct);

    public Task GiveUp(JobRun job, NpgsqlConnection db, NpgsqlTransaction transaction) =>
        giveUp?.Invoke() ?? Task.CompletedTask;
}

/// <summary>A queue of its own with as many workers as a test wants.</summary>
public abstract class JobStage : IAsyncLifetime
{
    private protected const string Kind = "test";
    private protected static readonly CancellationToken None = CancellationToken.None;

    private protected TestEnvironment Premises { get; private set; } = null!;

    /// <summary>A worker that cannot stop is a failure and not a hang.</summary>
    private protected static CancellationToken Deadline() => new CancellationTokenSource(Eventually.DeadlineMax).Token;

    public async ValueTask InitializeAsync() => Premises = await TestEnvironment.Create();

    public async ValueTask DisposeAsync()
    {
        await Premises.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected JobWorker Worker(IJob job, int attemptsMax = 3, int concurrency = 2, TimeSpan? wallMax = null) =>
        Worker(_ => job, attemptsMax, concurrency, wallMax);

    private protected JobWorker Worker(
        Func<IServiceProvider, IJob> create,
        int attemptsMax = 3,
        int concurrency = 2,
        TimeSpan? wallMax = null
    )
    {
        var readiness = new Readiness();
        readiness.Ready();
        return new JobWorker(
            Premises.Source,
            [new JobKind(Kind, attemptsMax, create)],
            new ServiceCollection().BuildServiceProvider(),
            new JobLimits(concurrency, wallMax ?? TimeSpan.FromHours(1)),
            readiness,
            TimeProvider.System,
            NullLogger<JobWorker>.Instance
        );
    }

    private protected async Task Enqueue(
        int attemptsMax = 3,
        int priority = 0,
        string payload = "{}",
        bool commits = true,
        JobMatter? matter = null
    )
    {
        await using var db = await Premises.Source.OpenConnectionAsync();
        await using var transaction = await db.BeginTransactionAsync();
        await JobQueue.Enqueue(
            db,
            transaction,
            new JobKind(Kind, attemptsMax, _ => throw new InvalidOperationException()),
            payload,
            priority,
            matter
        );
        if (commits)
            await transaction.CommitAsync();
    }

    private protected Task<string> State() =>
        Premises.Database.Scalar<string>("select state || ' ' || attempts || ' ' || coalesce(last_error, '') from job");

    private protected async Task Complete(JobRun run)
    {
        await using var db = await Premises.Source.OpenConnectionAsync();
        await using var transaction = await db.BeginTransactionAsync();
        await run.Complete(db, transaction);
        await transaction.CommitAsync();
    }

    /// <summary>As if the worker that holds it had been killed, and its half minute had passed.</summary>
    private protected async Task Lose(JobRun run)
    {
        await Premises.Database.Execute(
            "update job set lease_until = now() - interval '1 second' where id = $1",
            run.Id
        );
        await new JobClaims(Premises.Source, [Kind]).FreeLost(None);
    }
}
