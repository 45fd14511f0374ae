using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Jobs;

/// <summary>
/// Faults that are none of the job's, and that cost the worker neither its loop nor a slot. Each worker here has one
/// slot, so whatever holds it holds up all that follows.
/// </summary>
public sealed class JobFaultsTests : JobStage
{
    [Fact]
    public async Task A_job_that_cannot_be_begun_loses_no_try_and_the_next_one_runs()
    {
        var created = 0;
        using var worker = Worker(
            _ => ++created == 1 ? throw new InvalidOperationException("Nothing to make it of.") : Good,
            concurrency: 1
        );
        await Enqueue(priority: 1);
        await worker.StartAsync(None);
        await Eventually.True(
            "it waits",
            async () => await State() == "queued 0 It could not be begun: Nothing to make it of."
        );
        await Enqueue();
        await Eventually.True("the other is done", async () => await Count("done") == 1);
        await Premises.Database.Execute("update job set run_at = now() where state = 'queued'");
        await Eventually.True("and so is that one, later", async () => await Count("done") == 2);
        await worker.StopAsync(Deadline());
    }

    [Fact]
    public async Task A_job_that_can_never_be_begun_is_buried_in_the_end()
    {
        using var worker = Worker(_ => throw new InvalidOperationException("Nothing to make it of."));
        await Enqueue();
        await Premises.Database.Execute("update job set created_at = now() - interval '25 hours'");
        await worker.RunOne((await worker.Claim(None))!, None);
        Assert.Equal("dead 1 Nothing to make it of.", await State());
    }

    [Fact]
    public async Task A_claim_that_cannot_be_read_does_not_end_the_worker()
    {
        using var worker = Worker(Good, concurrency: 1);
        // A number is larger than this version reads, as after a migration that it does not know.
        await Premises.Database.Execute("alter table job alter column attempts type bigint");
        await worker.StartAsync(None);
        await Premises.Database.Execute(
            """
            insert into job (id, kind, payload, priority, attempts, work_ms)
              values (gen_random_uuid(), 'test', '{}', 0, 3000000000, 0)
            """
        );
        await Premises.Database.Execute("select pg_notify('veza_job', 'test')");
        await Eventually.True("it was claimed", async () => await Count("running") == 1);
        await Premises.Database.Execute("alter table job alter column attempts type int using 0");
        await Premises.Database.Execute(
            """
            select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()
              and application_name = 'veza test'
            """
        );
        await Premises.Database.Execute("update job set lease_until = now() - interval '1 second'");
        await Eventually.True("the worker that could not read it has done it", async () => await Count("done") == 1);
        await worker.StopAsync(Deadline());
    }

    [Fact]
    public async Task An_end_that_cannot_be_written_costs_no_slot()
    {
        var failures = Veza.Infrastructure.Loops.TaskFailures.Of("Ending a job");
        var runs = 0;
        using var worker = Worker(
            new ScriptedJob(
                async (_, _) =>
                {
                    if (++runs == 1)
                        await Premises.Database.Execute("alter table job rename column state to state_away");
                }
            ),
            concurrency: 1
        );
        await Enqueue();
        await worker.StartAsync(None);
        await Eventually.True(
            "it could not be ended",
            () => Task.FromResult(Veza.Infrastructure.Loops.TaskFailures.Of("Ending a job") > failures)
        );
        await Premises.Database.Execute("alter table job rename column state_away to state");
        await Premises.Database.Execute("update job set lease_until = now() - interval '1 second'");
        await Eventually.True("the same worker has done it", async () => await Count("done") == 1);
        Assert.Equal(2, runs);
        await worker.StopAsync(Deadline());
    }

    [Fact]
    public async Task A_lease_is_kept_again_after_it_could_not_be()
    {
        var (begun, release, cut) = (new TaskCompletionSource(), new TaskCompletionSource(), false);
        using var worker = Worker(
            new ScriptedJob(
                async (_, ct) =>
                {
                    begun.SetResult();
                    await release.Task;
                    cut = ct.IsCancellationRequested;
                }
            ),
            concurrency: 1
        );
        await worker.StartAsync(None);
        await Enqueue();
        await begun.Task.WaitAsync(Eventually.DeadlineMax);
        var failures = Veza.Infrastructure.Loops.TaskFailures.Of("Keeping the lease of a job");
        await Premises.Database.Execute("alter table job rename column lease_until to lease_away");
        await Eventually.True(
            "a beat has failed",
            () => Task.FromResult(Veza.Infrastructure.Loops.TaskFailures.Of("Keeping the lease of a job") > failures)
        );
        await Premises.Database.Execute("alter table job rename column lease_away to lease_until");
        var lease = await Premises.Database.Scalar<DateTime>("select lease_until from job");
        await Eventually.True(
            "the next one has not",
            async () => await Premises.Database.Scalar<DateTime>("select lease_until from job") > lease
        );
        release.SetResult();
        await Eventually.True("it is done", async () => await Count("done") == 1);
        Assert.False(cut);
        await worker.StopAsync(Deadline());
    }

    private static ScriptedJob Good => new((_, _) => Task.CompletedTask);

    private Task<long> Count(string state) =>
        Premises.Database.Scalar<long>("select count(*) from job where state = $1", state);
}
