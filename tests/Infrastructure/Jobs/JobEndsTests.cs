using Veza.Infrastructure.Jobs;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Jobs;

/// <summary>Ways for a job to end before it is done, and what that does to the others.</summary>
public sealed class JobEndsTests : JobStage
{
    private static readonly Guid Owner = Guid.CreateVersion7(),
        Subject = Guid.CreateVersion7();

    [Fact]
    public async Task A_cancelled_job_is_cut_at_once_and_can_write_nothing_more()
    {
        var (begun, cut) = (new TaskCompletionSource<JobRun>(), new TaskCompletionSource());
        using var worker = Worker(
            new ScriptedJob(
                async (run, ct) =>
                {
                    begun.TrySetResult(run);
                    await using var _ = ct.Register(() => cut.TrySetResult());
                    await Task.Delay(Timeout.InfiniteTimeSpan, ct);
                }
            )
        );
        await worker.StartAsync(None);
        await Enqueue(matter: new JobMatter(Owner, Subject, 0));
        var run = await begun.Task.WaitAsync(Eventually.DeadlineMax);
        await Cancel();
        await cut.Task.WaitAsync(Eventually.DeadlineMax);
        await Assert.ThrowsAsync<LeaseLostException>(() => Complete(run));
        await worker.StopAsync(Deadline());
        Assert.Equal("cancelled 1 ", await State());
    }

    [Fact]
    public async Task A_cancelled_job_that_waits_is_never_begun()
    {
        using var worker = Worker(new ScriptedJob((_, _) => Task.CompletedTask));
        await Enqueue(matter: new JobMatter(Owner, Subject, 0));
        await Cancel();
        Assert.Null(await worker.Claim(None));
        Assert.Equal("cancelled 0 ", await State());
    }

    [Fact]
    public async Task An_operator_ends_a_job_that_runs_and_its_subject_is_told()
    {
        var (begun, givenUp) = (new TaskCompletionSource(), 0);
        using var worker = Worker(
            new ScriptedJob(
                async (_, ct) =>
                {
                    begun.TrySetResult();
                    await Task.Delay(Timeout.InfiniteTimeSpan, ct);
                },
                () => Task.FromResult(givenUp++)
            )
        );
        await worker.StartAsync(None);
        await Enqueue(matter: new JobMatter(Owner, Subject, 0));
        await begun.Task.WaitAsync(Eventually.DeadlineMax);
        var id = await Premises.Database.Scalar<Guid>("select id from job");
        (await VezaProgram.Run(["jobs", "cancel", id.ToString()], Premises.Variables)).Succeeds();
        await Eventually.True("it is buried", async () => await State() == "dead 2 An operator cancelled it.");
        await worker.StopAsync(Deadline());
        Assert.Equal(1, givenUp);

        var refused = await VezaProgram.Run(["jobs", "cancel", id.ToString()], Premises.Variables);
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("there is no waiting or running job", refused.Errors, StringComparison.Ordinal);
        (await VezaProgram.Run(["jobs", "retry", id.ToString()], Premises.Variables)).Succeeds();
        var again = (await worker.Claim(None))!;
        Assert.False(again.IsCancelled);
    }

    /// <summary>Clients may have taken all the time that there was.</summary>
    [Fact]
    public async Task A_worker_that_is_stopped_when_the_time_is_over_puts_its_job_back_and_throws_nothing()
    {
        var begun = new TaskCompletionSource();
        using var worker = Worker(
            new ScriptedJob(
                async (_, ct) =>
                {
                    begun.TrySetResult();
                    await Task.Delay(Timeout.InfiniteTimeSpan, ct);
                }
            )
        );
        await worker.StartAsync(None);
        await Enqueue();
        await begun.Task.WaitAsync(Eventually.DeadlineMax);
        await worker.StopAsync(new CancellationToken(canceled: true));
        await Eventually.True("it is put back", async () => await State() == "queued 0 ");
    }

    [Fact]
    public async Task A_job_that_takes_longer_than_its_wall_limit_has_failed()
    {
        using var worker = Worker(
            new ScriptedJob((_, ct) => Task.Delay(Timeout.InfiniteTimeSpan, ct)),
            wallMax: TimeSpan.FromMilliseconds(10)
        );
        await Enqueue();
        await worker.RunOne((await worker.Claim(None))!, None);
        Assert.StartsWith("queued 1 It took longer than", await State(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_without_room_waits_and_loses_no_try_but_not_for_ever()
    {
        var givenUp = 0;
        using var worker = Worker(
            new ScriptedJob(
                (_, _) => throw new JobPostponedException("The disk is full.", TimeSpan.FromMinutes(1)),
                () => Task.FromResult(givenUp++)
            )
        );
        await Enqueue();
        await worker.RunOne((await worker.Claim(None))!, None);
        Assert.Equal("queued 0 The disk is full.", await State());
        Assert.Null(await worker.Claim(None));
        await Premises.Database.Execute("update job set run_at = now(), created_at = now() - interval '25 hours'");
        await worker.RunOne((await worker.Claim(None))!, None);
        Assert.Equal(("dead 1 The disk is full.", 1), (await State(), givenUp));
    }

    [Fact]
    public async Task Jobs_that_workers_were_lost_over_run_one_at_a_time_and_the_others_beside_them()
    {
        var (first, release, ran) = (
            new TaskCompletionSource(),
            new TaskCompletionSource(),
            new System.Collections.Concurrent.ConcurrentQueue<string>()
        );
        using var worker = Worker(
            new ScriptedJob(
                async (run, _) =>
                {
                    ran.Enqueue(run.Payload);
                    if (run.Payload == "1")
                        first.TrySetResult();
                    if (run.Payload == "1")
                        await release.Task;
                }
            )
        );
        foreach (var n in new[] { "1", "2" })
            await Enqueue(payload: n, matter: new JobMatter(Owner, Guid.CreateVersion7(), 0));
        JobRun[] lost = [(await worker.Claim(None))!, (await worker.Claim(None))!];
        foreach (var run in lost)
            await Lose(run);
        await worker.StartAsync(None);
        await first.Task.WaitAsync(Eventually.DeadlineMax);
        foreach (var n in new[] { "3", "4" })
            await Enqueue(payload: n, matter: new JobMatter(Guid.CreateVersion7(), Guid.CreateVersion7(), 0));
        await Eventually.True(
            "the others are done",
            async () => await Premises.Database.Scalar<long>("select count(*) from job where state = 'done'") == 2
        );
        Assert.Equal(["1", "3", "4"], ran.Order());
        release.SetResult();
        await Eventually.True(
            "the other suspect follows",
            async () => await Premises.Database.Scalar<long>("select count(*) from job where state = 'done'") == 4
        );
        await worker.StopAsync(Deadline());
    }

    private async Task Cancel()
    {
        await using var db = await Premises.Source.OpenConnectionAsync();
        await using var transaction = await db.BeginTransactionAsync();
        await JobQueue.Cancel(
            db,
            transaction,
            new JobKind(Kind, 3, _ => throw new InvalidOperationException()),
            Subject
        );
        await transaction.CommitAsync();
    }
}
