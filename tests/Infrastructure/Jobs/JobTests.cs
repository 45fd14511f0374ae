using Npgsql;
using Veza.Infrastructure.Jobs;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Jobs;

/// <summary>The queue with its own nouns on real PostgreSQL.</summary>
public sealed class JobTests : JobStage
{
    [Fact]
    public async Task A_job_is_announced_when_its_cause_is_committed_and_is_nothing_when_it_is_not()
    {
        await using var listener = await Premises.Source.OpenListenerAsync(CancellationToken.None);
        var heard = new List<string>();
        listener.Notification += (_, notice) => heard.Add($"{notice.Channel} {notice.Payload}");
        await using (var listen = new NpgsqlCommand("listen veza_job", listener))
            await listen.ExecuteNonQueryAsync();
        await Enqueue(commits: false);
        await Enqueue();
        await listener.WaitAsync(Deadline());
        Assert.Equal(["veza_job test"], heard);
        Assert.Equal("queued 0 ", await State());
    }

    [Fact]
    public async Task A_waiting_worker_takes_a_job_that_comes_in()
    {
        var seen = new TaskCompletionSource<string>();
        using var worker = Worker(new ScriptedJob((run, _) => Task.FromResult(seen.TrySetResult(run.Payload))));
        await worker.StartAsync(None);
        await Enqueue(payload: """{"track": 7}""");
        Assert.Equal("""{"track": 7}""", await seen.Task.WaitAsync(Eventually.DeadlineMax));
        await Eventually.True("the job is done", async () => await State() == "done 1 ");
        await worker.StopAsync(Deadline());
    }

    [Fact]
    public async Task The_more_urgent_job_is_taken_first()
    {
        using var worker = Worker(new ScriptedJob((_, _) => Task.CompletedTask));
        await Enqueue(priority: 0, payload: """{"n": 1}""");
        await Enqueue(priority: 5, payload: """{"n": 2}""");
        await Enqueue(priority: 0, payload: """{"n": 3}""");
        var order = new List<string>();
        while (await worker.Claim(None) is { } run)
            order.Add(run.Payload);
        Assert.Equal(["""{"n": 2}""", """{"n": 1}""", """{"n": 3}"""], order);
    }

    [Fact]
    public async Task A_job_that_fails_is_tried_again_later_and_later_and_is_buried_at_last()
    {
        var givenUp = 0;
        using var worker = Worker(
            new ScriptedJob(
                (_, _) => throw new InvalidOperationException("It broke."),
                () => Task.FromResult(givenUp++)
            )
        );
        await Enqueue();
        var waits = new List<double>();
        for (var attempt = 1; attempt <= 2; attempt++)
        {
            await worker.RunOne((await worker.Claim(None))!, None);
            Assert.Equal($"queued {attempt} It broke.", await State());
            Assert.Null(await worker.Claim(None));
            waits.Add(
                await Premises.Database.Scalar<double>("select extract(epoch from run_at - now())::float8 from job")
            );
            await Premises.Database.Execute("update job set run_at = now()");
        }

        Assert.InRange(waits[0], 1, 7);
        Assert.InRange(waits[1], 6, 13);
        await worker.RunOne((await worker.Claim(None))!, None);
        Assert.Equal("dead 3 It broke.", await State());
        Assert.Equal(1, givenUp);
        Assert.Null(await worker.Claim(None));
    }

    [Fact]
    public async Task An_operator_sees_the_dead_and_lets_them_live_again()
    {
        using var worker = Worker(
            new ScriptedJob((_, _) => throw new InvalidOperationException("It broke.")),
            attemptsMax: 1
        );
        await Enqueue(attemptsMax: 1);
        await worker.RunOne((await worker.Claim(None))!, None);
        var id = await Premises.Database.Scalar<Guid>("select id from job");

        var listed = (await VezaProgram.Run(["jobs", "list"], Premises.Variables)).Succeeds().Output;
        Assert.Contains($"{id}  test  dead  tries 1", listed, StringComparison.Ordinal);
        Assert.Contains("It broke.", listed, StringComparison.Ordinal);
        Assert.Contains("1 dead jobs", listed, StringComparison.Ordinal);
        Assert.Contains(
            "0 queued jobs",
            (await VezaProgram.Run(["jobs", "list", "queued"], Premises.Variables)).Succeeds().Output,
            StringComparison.Ordinal
        );

        (await VezaProgram.Run(["jobs", "retry", id.ToString()], Premises.Variables)).Succeeds();
        Assert.Equal("queued 0 It broke.", await State());
        Assert.NotNull(await worker.Claim(None));
        foreach (var unknown in new[] { id.ToString(), Guid.CreateVersion7().ToString(), "seven" })
        {
            var refused = await VezaProgram.Run(["jobs", "retry", unknown], Premises.Variables);
            Assert.Equal(1, refused.ExitCode);
            Assert.Contains("there is no dead job", refused.Errors, StringComparison.Ordinal);
        }

        Assert.Equal(2, (await VezaProgram.Run(["jobs", "list", "lost"], Premises.Variables)).ExitCode);
    }

    [Fact]
    public async Task Who_lost_the_lease_can_commit_nothing_more()
    {
        using var worker = Worker(new ScriptedJob((_, _) => Task.CompletedTask));
        await Enqueue();
        var first = (await worker.Claim(None))!;
        Assert.Null(await worker.Claim(None));
        await Premises.Database.Execute("update job set lease_until = now() - interval '1 second'");
        // What the tick of any worker does with leases that ran out.
        await Premises.Database.Execute(
            """
            update job set state = 'queued', run_at = now(), lease_until = null where state = 'running'
              and lease_until < now()
            """
        );
        var second = (await worker.Claim(None))!;
        Assert.Equal((first.Id, first.Fence + 1), (second.Id, second.Fence));

        await using (var db = await Premises.Source.OpenConnectionAsync())
        await using (var transaction = await db.BeginTransactionAsync())
        {
            await Assert.ThrowsAsync<LeaseLostException>(() => first.Guard(db, transaction));
            await Assert.ThrowsAsync<LeaseLostException>(() => first.Complete(db, transaction));
        }

        Assert.Equal("running 2 ", await State());
        await Complete(second);
        Assert.Equal("done 2 ", await State());
    }

    [Fact]
    public async Task A_lease_that_ran_out_is_found_by_a_running_worker()
    {
        using var lost = Worker(new ScriptedJob((_, _) => Task.CompletedTask));
        await Enqueue();
        Assert.NotNull(await lost.Claim(None));
        await Premises.Database.Execute("update job set lease_until = now() - interval '1 second'");
        using var worker = Worker(new ScriptedJob((_, _) => Task.CompletedTask));
        await worker.StartAsync(None);
        await Eventually.True("the job is done by another worker", async () => await State() == "done 2 ");
        await worker.StopAsync(Deadline());
    }

    [Fact]
    public async Task A_job_whose_workers_die_each_time_is_buried()
    {
        var tried = 0;
        using var worker = Worker(new ScriptedJob((_, _) => Task.FromResult(tried++)));
        await Enqueue();
        await Premises.Database.Execute("update job set attempts = 3");
        await worker.RunOne((await worker.Claim(None))!, None);
        Assert.Equal("dead 4 Its workers were lost each time.", await State());
        Assert.Equal(0, tried);
    }

    [Fact]
    public async Task Two_workers_share_a_hundred_jobs_and_do_each_once()
    {
        const int jobs = 100;
        var done = new System.Collections.Concurrent.ConcurrentBag<Guid>();
        var job = new ScriptedJob(
            async (run, _) =>
            {
                await Task.Yield();
                done.Add(run.Id);
            }
        );
        for (var i = 0; i < jobs; i++)
            await Enqueue();
        using JobWorker first = Worker(job),
            second = Worker(job);
        await first.StartAsync(None);
        await second.StartAsync(None);
        await Eventually.True(
            "all are done",
            async () => await Premises.Database.Scalar<long>("select count(*) from job where state = 'done'") == jobs
        );
        await first.StopAsync(Deadline());
        await second.StopAsync(Deadline());
        Assert.Equal((jobs, jobs), (done.Count, done.Distinct().Count()));
        Assert.Equal(
            jobs,
            await Premises.Database.Scalar<long>("select count(*) from job where attempts = 1 and fence = 1")
        );
    }

    [Fact]
    public async Task A_worker_that_stops_puts_its_jobs_back()
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
        await worker.StopAsync(Deadline());
        Assert.Equal("queued 0 ", await State());
    }
}
