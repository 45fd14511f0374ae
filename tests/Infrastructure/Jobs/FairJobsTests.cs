using System.Text.Json;
using Veza.Infrastructure.Jobs;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Jobs;

/// <summary>Whose job is next, on real PostgreSQL.</summary>
public sealed class FairJobsTests : JobStage
{
    private static readonly ScriptedJob Nothing = new((_, _) => Task.CompletedTask);
    private readonly Guid mira = Guid.CreateVersion7(),
        davor = Guid.CreateVersion7(),
        ana = Guid.CreateVersion7();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_hundred_uploads_of_one_delay_the_single_one_of_another_by_no_more_than_what_runs(int slots)
    {
        using var worker = Worker(Nothing);
        for (var i = 0; i < 100; i++)
            await Enqueue("mira", mira);
        var running = new Queue<JobRun>();
        for (var i = 0; i < slots; i++)
            running.Enqueue((await worker.Claim(None))!);
        for (var round = 0; round < 3; round++)
        {
            await Complete(running.Dequeue());
            running.Enqueue((await worker.Claim(None))!);
        }

        await Enqueue("davor", davor, workMs: 3_600_000);
        await Complete(running.Dequeue());
        Assert.Equal("davor", Name((await worker.Claim(None))!));
        Assert.Equal("mira", Name((await worker.Claim(None))!));
    }

    [Fact]
    public async Task Owners_take_turns_and_none_has_two_running_while_another_has_none()
    {
        using var worker = Worker(Nothing);
        foreach (var (name, owner, jobs) in new[] { ("mira", mira, 5), ("davor", davor, 3), ("ana", ana, 1) })
            for (var i = 0; i < jobs; i++)
                await Enqueue(name, owner);
        var order = new List<string>();
        while (await worker.Claim(None) is { } run)
            order.Add(Name(run));
        Assert.Equal(["mira", "davor", "ana", "mira", "davor", "mira", "davor", "mira", "mira"], order);
    }

    [Fact]
    public async Task Who_was_served_longest_ago_is_next_also_when_all_wait_again()
    {
        using var worker = Worker(Nothing);
        var served = new List<string>();
        foreach (var (name, owner) in new[] { ("mira", mira), ("davor", davor), ("ana", ana) })
            for (var i = 0; i < 3; i++)
                await Enqueue(name, owner);
        for (var i = 0; i < 9; i++)
        {
            var run = (await worker.Claim(None))!;
            served.Add(Name(run));
            await Complete(run);
        }

        Assert.Equal(["mira", "davor", "ana", "mira", "davor", "ana", "mira", "davor", "ana"], served);
    }

    [Fact]
    public async Task A_short_job_overtakes_a_long_one_but_not_one_that_waited_for_as_long_as_it_takes()
    {
        using var worker = Worker(Nothing);
        await Enqueue("long", mira, workMs: 120_000);
        await Enqueue("short", mira, workMs: 3_000);
        await Enqueue("short of another", davor, workMs: 3_000);
        await Enqueue("long of another", ana, workMs: 120_000);
        Assert.Equal(["short", "short of another", "long of another", "long"], await Order(worker));

        await Premises.Database.Execute("delete from job");
        await Premises.Database.Execute("delete from job_lane");
        await Enqueue("long", mira, workMs: 120_000);
        await Premises.Database.Execute("update job set ready_by = ready_by - interval '2 minutes'");
        await Enqueue("short", mira, workMs: 3_000);
        Assert.Equal(["long", "short"], await Order(worker));
    }

    [Fact]
    public async Task Newcomers_go_first_for_ten_minutes_and_then_the_one_who_waits()
    {
        using var worker = Worker(Nothing);
        await Enqueue("mira", mira);
        await Complete((await worker.Claim(None))!);
        await Enqueue("mira", mira);
        await Enqueue("davor", davor);
        await Premises.Database.Execute(
            "update job_lane set rank_at = rank_at - interval '11 minutes' where owner_id = $1",
            mira
        );
        Assert.Equal(["mira", "davor"], await Order(worker));
    }

    [Fact]
    public async Task What_belongs_to_nobody_is_not_kept_waiting_by_owners()
    {
        using var worker = Worker(Nothing);
        await Enqueue("mira", mira);
        await Enqueue(payload: """{"name": "house"}""");
        Assert.Equal(["house", "mira"], await Order(worker));
    }

    [Fact]
    public async Task A_job_that_is_tried_again_later_is_in_nobodys_way()
    {
        using var worker = Worker(new ScriptedJob((_, _) => throw new InvalidOperationException("It broke.")));
        await Enqueue("first", mira);
        await worker.RunOne((await worker.Claim(None))!, None);
        await Enqueue("second", mira);
        Assert.Equal(["second"], await Order(worker));
        await LanesAreTrue();
    }

    [Fact]
    public async Task Lanes_follow_every_way_that_a_job_may_go()
    {
        using var worker = Worker(Nothing);
        for (var i = 0; i < 8; i++)
            await Enqueue("mira", mira, workMs: 1000 * i);
        await Complete((await worker.Claim(None))!);
        using var failing = Worker(new ScriptedJob((_, _) => throw new HopelessException()));
        await failing.RunOne((await failing.Claim(None))!, None);
        using var full = Worker(
            new ScriptedJob((_, _) => throw new JobPostponedException("No room.", TimeSpan.FromMinutes(1)))
        );
        await full.RunOne((await full.Claim(None))!, None);
        var lost = (await worker.Claim(None))!;
        await LanesAreTrue();
        await Lose(lost);
        await LanesAreTrue();
        await Premises.Database.Execute(
            "delete from job where id = (select id from job where state = 'queued' and losses = 0 order by id limit 1)"
        );
        await LanesAreTrue();
        Assert.Equal(["cancelled 0", "dead 0", "done 0"], await Ended());
        Assert.Equal(
            0,
            await Premises.Database.Scalar<long>("select count(*) from job_lane where queued > 0 or running > 0")
        );

        async Task<string[]> Ended()
        {
            await using (var db = await Premises.Source.OpenConnectionAsync())
            await using (var transaction = await db.BeginTransactionAsync())
            {
                foreach (
                    var subject in await Premises.Database.Column("select subject_id from job where state = 'queued'")
                )
                    await JobQueue.Cancel(db, transaction, new JobKind(Kind, 3, _ => Nothing), Guid.Parse(subject));
                await transaction.CommitAsync();
            }

            await LanesAreTrue();
            return await Premises.Database.Column(
                "select distinct state || ' ' || (select count(*) from job where state = 'queued') from job order by 1"
            );
        }
    }

    [Fact]
    public async Task A_hundred_thousand_jobs_of_a_thousand_owners_cost_a_claim_some_pages()
    {
        await Premises.Database.Execute("alter table job disable trigger user");
        await Premises.Database.Execute(
            """
            insert into job (id, kind, payload, owner_id, subject_id, work_ms, ready_by)
            select gen_random_uuid(), 'test', '{}',
              ('00000000-0000-7000-8000-' || lpad((n % 1000)::text, 12, '0'))::uuid, gen_random_uuid(), n,
              now() + interval '1 millisecond' * n
              from generate_series(1, 100000) n
            """
        );
        await Premises.Database.Execute("alter table job enable trigger user");
        await Premises.Database.Execute(
            """
            insert into job_lane (kind, owner_id, queued, queued_work_ms, due_at)
            select kind, owner_id, count(*), sum(work_ms), min(run_at) from job group by kind, owner_id
            """
        );
        await Premises.Database.Execute("vacuum analyze job");
        await Premises.Database.Execute("vacuum analyze job_lane");
        using var worker = Worker(Nothing);
        var owners = new HashSet<string>();
        for (var i = 0; i < 20; i++)
            owners.Add(
                await Premises.Database.Scalar<string>(
                    "select owner_id::text from job where id = $1",
                    (await worker.Claim(None))!.Id
                )
            );
        Assert.Equal(20, owners.Count);

        var plan = await Premises.Database.Column("explain (analyze, buffers, costs off, timing off) " + ClaimSql());
        Assert.DoesNotContain(plan, line => line.Contains("Seq Scan", StringComparison.Ordinal));
        var pages = int.Parse(
            plan.First(line => line.Contains("shared hit=", StringComparison.Ordinal)).Split("hit=")[1].Split(' ')[0],
            System.Globalization.CultureInfo.InvariantCulture
        );
        Assert.True(pages < 200, string.Join('\n', plan));
        await LanesAreTrue();
    }

    private sealed class HopelessException : Exception, IHopeless;

    /// <summary>The claim as it stands in the source, for the kind of these tests.</summary>
    private static string ClaimSql()
    {
        var source = File.ReadAllText(Surroundings.PathOf("src", "Infrastructure", "Jobs", "JobClaims.cs"));
        var begin = source.IndexOf("with apart as", StringComparison.Ordinal);
        return source[begin..source.IndexOf("\"\"\"", begin, StringComparison.Ordinal)]
            .Replace("@kind", $"'{Kind}'", StringComparison.Ordinal)
            .Replace("@takesSuspects", "true", StringComparison.Ordinal)
            .Replace("@lease", "interval '30 seconds'", StringComparison.Ordinal);
    }

    private Task Enqueue(string name, Guid owner, long workMs = 0) =>
        Enqueue(payload: $$"""{"name": "{{name}}"}""", matter: new JobMatter(owner, Guid.CreateVersion7(), workMs));

    private static string Name(JobRun run) => JsonDocument.Parse(run.Payload).RootElement.Text("name");

    private static async Task<string[]> Order(JobWorker worker)
    {
        var order = new List<string>();
        while (await worker.Claim(None) is { } run)
            order.Add(Name(run));
        return [.. order];
    }

    /// <summary>What the table of lanes says is what the jobs say.</summary>
    private async Task LanesAreTrue() =>
        Assert.Empty(
            await Premises.Database.Column(
                """
                with truth as (
                  select kind, owner_id, count(*) filter (where state = 'running') as running,
                    count(*) filter (where state = 'queued' and losses = 0) as queued,
                         coalesce(sum(work_ms) filter (where state = 'queued' and losses = 0), 0) as work,
                           min(run_at) filter (where state = 'queued' and losses = 0) as due_at
                    from job where owner_id is not null group by kind, owner_id
                )
                select row(l.*, t.*)::text from job_lane l full join truth t using (kind, owner_id)
                 where (coalesce(l.running, 0), coalesce(l.queued, 0), coalesce(l.queued_work_ms, 0), l.due_at)
                       is distinct from (coalesce(t.running, 0), coalesce(t.queued, 0), coalesce(t.work, 0), t.due_at)
                """
            )
        );
}
