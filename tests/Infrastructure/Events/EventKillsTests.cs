using System.Collections.Concurrent;
using System.Globalization;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Events;

/// <summary>
/// Whoever is killed between the commit of an event and the end of what follows from it: what was committed is
/// delivered, and, by the id of the event, each once.
/// </summary>
public sealed class EventKillsTests : EventStage
{
    private static readonly int Kills = int.Parse(
        Environment.GetEnvironmentVariable("VEZA_TEST_EVENT_KILLS") ?? "3",
        CultureInfo.InvariantCulture
    );

    [Fact]
    public async Task Dispatchers_that_are_cut_off_at_any_moment_give_each_committed_event_once()
    {
        const int writers = 4;
        var committed = new ConcurrentBag<string>();
        var dispatcher = await Subscribed(Listener("one"), Listener("two"));
        using var over = new CancellationTokenSource();
        var dispatching = Enumerable
            .Range(0, 3)
            .Select(_ =>
                Task.Run(async () =>
                {
                    while (!over.IsCancellationRequested)
                        await dispatcher.DispatchAll(None);
                })
            )
            .ToArray();
        var killed = 0L;
        var killing = Task.Run(async () =>
        {
            while (!over.IsCancellationRequested)
                killed += await Database.Scalar<long>(
                    """
                    select count(*) filter (where pg_terminate_backend(pid)) from pg_stat_activity
                     where datname = current_database() and query like '%dispatch_events%' and state = 'active'
                       and pid <> pg_backend_pid()
                    """
                );
        });
        await Task.WhenAll(
            Enumerable.Range(0, writers).Select(n => Task.Run(() => WriteMany(n * 1_000_000, committed)))
        );
        await Eventually.True("enough were cut off", () => Task.FromResult(Volatile.Read(ref killed) >= Kills * 3));
        await over.CancelAsync();
        await Task.WhenAll([.. dispatching, killing]);
        // No worker makes room here for what is more than may be due.
        await Eventually.True(
            "all is given",
            async () =>
            {
                await Database.Execute("update job set state = 'done', finished_at = now() where state = 'queued'");
                await dispatcher.DispatchAll(None);
                return await Lag("one") + await Lag("two") == 0;
            }
        );
        Assert.True(committed.Count > writers * Kills * 10, $"Only {committed.Count} were committed.");
        Assert.Equal(committed.Order(), (await Given("one")).Order());
        Assert.Equal(committed.Order(), (await Given("two")).Order());
    }

    /// <summary>Several transactions at once, which end in any order, and some of them in nothing.</summary>
    private async Task WriteMany(int from, ConcurrentBag<string> committed)
    {
        var chance = new Random(from);
        for (var round = 0; round < Kills * 10; round++)
        {
            var open = new List<(int N, OpenCause Cause)>();
            for (var i = 0; i < 3; i++)
            {
                open.Add((from + round * 3 + i, await Open()));
                await open[^1].Cause.Write(open[^1].N);
            }

            foreach (var (n, cause) in open.OrderBy(_ => chance.Next()))
            {
                await using (cause)
                    if (chance.Next(5) == 0)
                        await cause.Rollback();
                    else
                    {
                        await cause.Commit();
                        committed.Add(n.ToString(CultureInfo.InvariantCulture));
                    }
            }
        }
    }

    [Fact]
    public async Task Workers_that_are_killed_at_any_moment_lose_nothing_and_nobody_is_told_twice()
    {
        await using var server = await VezaServer.Start(
            Premises,
            ("VEZA__ROLES", "api,chat"),
            ("VEZA__LIMITS__ROOM__PER_SUBJECT", "0")
        );
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var room = (await mira.Post("/api/v1/chat/rooms", new { Name = "Killed", Visibility = "public" }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        (await davor.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(200);
        await Database.Execute("update room set visibility = 'direct' where id = $1", room);
        var (chance, said) = (new Random(7), 0L);
        for (var kill = 0; kill < Kills; kill++)
        {
            await using var worker = await Worker();
            for (var more = chance.Next(5, 20); more > 0; more--)
                await Say();
            await worker.Kill();
            await Say();
            // Nobody waits for half a minute in a test.
            await Database.Execute("update job set lease_until = now() where state = 'running'");
        }

        await using (await Worker())
            await Eventually.True(
                "everything is done",
                async () =>
                    await Lag("notify_of_message") == 0
                    && await Database.Scalar<long>("select count(*) from job where state in ('queued', 'running')") == 0
            );
        Assert.Equal(
            $"{said} {said} {said}",
            await Database.Scalar<string>(
                """
                select count(*) || ' ' || count(distinct payload->>'id') || ' ' || count(*)
                  filter (where state = 'done')
                  from job where kind = 'notify_of_message'
                """
            )
        );
        Assert.Equal(
            (said, said, said),
            (
                await Database.Scalar<long>("select count(*) from message"),
                await Database.Scalar<long>("select count(*) from notification"),
                await Database.Scalar<long>("select count(distinct message_id) from notification")
            )
        );

        Task<VezaServer> Worker() => VezaServer.Start(Premises, ("VEZA__ROLES", "worker"));
        async Task Say() =>
            (
                await mira.Post(
                    $"/api/v1/chat/rooms/{room}/messages",
                    new { ClientId = $"c{++said}", Content = $"number {said}" }
                )
            ).Is(201);
    }
}
