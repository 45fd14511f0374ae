using Veza.Infrastructure.Events;
using Veza.Infrastructure.Jobs;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Events;

/// <summary>Each listener has tries, dead letters and workers of its own.</summary>
public sealed class EventListenersTests : EventStage
{
    [Fact]
    public async Task A_broken_listener_holds_up_nobody_and_its_dead_letters_can_be_tried_again()
    {
        var ear = new Ear();
        var isBroken = true;
        EventSubscription[] listeners =
        [
            Listener(
                "broken",
                _ => isBroken ? throw new InvalidOperationException("It broke.") : Task.CompletedTask
            ) with
            {
                AttemptsMax = 2,
            },
            Listener("whole", ear.Hear),
        ];
        var dispatcher = await Subscribed(listeners);
        using var worker = Worker(listeners);
        for (var n = 1; n <= 3; n++)
            await Write(n);
        await dispatcher.DispatchAll(None);
        await Drain(worker);
        Assert.Equal([1, 2, 3], ear.Heard.Order());
        Assert.Equal(["1 queued", "2 queued", "3 queued"], await States("broken"));
        await Hurry();
        await Drain(worker);
        Assert.Equal(["1 dead", "2 dead", "3 dead"], await States("broken"));

        var listed = (await VezaProgram.Run(["jobs", "list"], Premises.Variables)).Succeeds().Output;
        Assert.Contains("broken  dead  tries 2", listed, StringComparison.Ordinal);
        isBroken = false;
        foreach (var id in await Database.Column("select id from job where state = 'dead'"))
            (await VezaProgram.Run(["jobs", "retry", id], Premises.Variables)).Succeeds();
        await Drain(worker);
        Assert.Equal(["1 done", "2 done", "3 done"], await States("broken"));
        Assert.Equal(3, ear.Heard.Length);
    }

    [Fact]
    public async Task A_listener_that_hangs_holds_up_nobody()
    {
        var (ear, release) = (new Ear(), new TaskCompletionSource());
        EventSubscription[] listeners = [Listener("hangs", _ => release.Task), Listener("whole", ear.Hear)];
        var dispatcher = await Subscribed(listeners);
        using var worker = Worker(listeners);
        await dispatcher.StartAsync(None);
        await worker.StartAsync(None);
        for (var n = 1; n <= 40; n++)
            await Write(n);
        await Eventually.True("the other has heard all", () => Task.FromResult(ear.Heard.Length == 40));
        Assert.Equal(
            JobLimits.Brief.Concurrency,
            await Database.Scalar<long>("select count(*) from job where kind = 'hangs' and state = 'running'")
        );
        release.SetResult();
        await Eventually.True(
            "and the one that hung, too",
            async () =>
                await Database.Scalar<long>("select count(*) from job where kind = 'hangs' and state = 'done'") == 40
        );
        await dispatcher.StopAsync(Deadline());
        await worker.StopAsync(Deadline());
    }

    [Fact]
    public async Task Who_asks_for_order_hears_each_subject_in_order()
    {
        var (song, album) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        var ear = new Ear();
        var fails = true;
        var listener = Listener(
                "in order",
                delivery =>
                    fails && Happened.Read(delivery).N == 1
                        ? throw new InvalidOperationException("Not yet.")
                        : ear.Hear(delivery)
            )
            .InOrder();
        var dispatcher = await Subscribed(listener);
        using var worker = Worker(listener);
        foreach (var (n, subject) in new[] { (1, song), (2, song), (10, album), (3, song), (11, album) })
        {
            await Write(n, subject);
            await dispatcher.DispatchAll(None);
        }

        await Write(100);
        await dispatcher.DispatchAll(None);
        await Drain(worker);
        // The song waits for its first; nothing else does.
        Assert.Equal([10, 11, 100], ear.Heard);
        fails = false;
        await Hurry();
        await Drain(worker);
        Assert.Equal([10, 11, 100, 1, 2, 3], ear.Heard);
    }

    [Fact]
    public async Task In_order_no_two_of_a_subject_run_at_once_and_a_dead_one_holds_up_nothing()
    {
        var (subject, ear) = (Guid.CreateVersion7(), new Ear());
        var listener = Listener("in order", ear.Hear).InOrder();
        var dispatcher = await Subscribed(listener);
        using var worker = Worker(listener);
        for (var n = 1; n <= 3; n++)
            await Write(n, subject);
        await dispatcher.DispatchAll(None);
        var first = (await worker.Claim(None))!;
        Assert.Equal(1, Happened.Read(first).N);
        Assert.Null(await worker.Claim(None));
        await Database.Execute("update job set state = 'dead', finished_at = now() where id = $1", first.Id);
        await Drain(worker);
        Assert.Equal([2, 3], ear.Heard);
        // Who is retried comes late, and is waited for again.
        (await VezaProgram.Run(["jobs", "retry", first.Id.ToString()], Premises.Variables)).Succeeds();
        await Write(4, subject);
        await dispatcher.DispatchAll(None);
        await Drain(worker);
        Assert.Equal([2, 3, 1, 4], ear.Heard);
    }

    [Fact]
    public async Task Without_order_the_events_of_a_subject_run_side_by_side()
    {
        var subject = Guid.CreateVersion7();
        var listener = Listener("any order");
        var dispatcher = await Subscribed(listener);
        using var worker = Worker(listener);
        await Write(1, subject);
        await Write(2, subject);
        await dispatcher.DispatchAll(None);
        Assert.NotNull(await worker.Claim(None));
        Assert.NotNull(await worker.Claim(None));
    }

    [Fact]
    public async Task An_event_tells_what_it_is_about_and_since_when()
    {
        var (subject, heard) = (Guid.CreateVersion7(), new TaskCompletionSource<EventDelivery>());
        var listener = Listener(
            "one",
            delivery =>
            {
                heard.TrySetResult(delivery);
                return Task.CompletedTask;
            }
        );
        var dispatcher = await Subscribed(listener);
        using var worker = Worker(listener);
        await Write(7, subject);
        await dispatcher.DispatchAll(None);
        await Drain(worker);
        var delivery = await heard.Task;
        Assert.Equal((Happened.Name, (Guid?)subject), (delivery.Kind, delivery.SubjectId));
        Assert.Equal(new Noted(7), Happened.Read(delivery));
        Assert.Equal(await Database.Scalar<long>("select id from event"), delivery.Id);
        Assert.Equal(
            await Database.Scalar<DateTime>("select at from event"),
            delivery.At.UtcDateTime,
            TimeSpan.FromMilliseconds(1)
        );
        Assert.Throws<InvalidOperationException>(() => Otherwise.Read(delivery));
    }
}
