using Veza.Tests.Harness;
using Veza.Tests.Infrastructure.Http;
using static Veza.Tests.Features.Notifications.Pushes.PushStage;

namespace Veza.Tests.Features.Notifications.Pushes;

/// <summary>
/// Push services that are slow, away or done with a device, and workers that die: nothing is lost, nothing is tried for
/// ever.
/// </summary>
public sealed class DeliveryTests : IAsyncLifetime
{
    private PushService service = null!;
    private VezaServer server = null!;
    private PushStage stage = null!;

    public async ValueTask InitializeAsync()
    {
        service = await PushService.Open();
        server = await VezaServer.Start([.. service.Settings, ("VEZA__ROLES", "api,chat")]);
        stage = new PushStage(server, service);
    }

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        await service.DisposeAsync();
    }

    private Task<VezaServer> Worker() =>
        VezaServer.Start(server.Premises, [.. service.Settings, ("VEZA__ROLES", "worker")]);

    private async Task<(Actor Mira, Actor Davor, PushSubscription Device, Guid Room)> Conversation()
    {
        var (mira, davor) = await stage.Two();
        return (mira, davor, await stage.Device(davor), await stage.Direct(mira, davor));
    }

    /// <summary>
    /// Where a redirect leads was looked at by nobody, so nothing goes there, and least of all the push.
    /// </summary>
    [Fact]
    public async Task A_push_service_that_sends_elsewhere_is_not_followed()
    {
        var (mira, _, device, room) = await Conversation();
        var elsewhere = await service.Subscribe();
        int[] statuses = [301, 302, 303, 307, 308];
        await service.Answer(
            device.Id,
            [.. statuses.Select(status => new { status, location = $"{service.Origin}/push/{elsewhere.Id}" })]
        );
        await using var worker = await Worker();
        foreach (var (tried, status) in statuses.Index())
        {
            await Say(mira, room, $"stays with {status}");
            await Eventually.True(
                "it has failed for good",
                async () => (await stage.Jobs("send_push", "dead")).Length == tried + 1
            );
            // A device that failed rests; the next message would not be tried with it.
            await server.Database.Execute("update push_device set rests_until = null");
        }

        Assert.Equal(
            statuses.Select(status => $"The push service 127.0.0.1 refused the push for good: {status}"),
            (await stage.Jobs("send_push", "dead")).Order(StringComparer.Ordinal)
        );
        Assert.Equal((statuses.Length, 0), (service.To(device.Id).Length, service.To(elsewhere.Id).Length));
    }

    [Fact]
    public async Task A_worker_that_is_killed_before_the_answer_pushes_again_under_the_same_topic()
    {
        var (mira, davor, device, room) = await Conversation();
        await service.Answer(device.Id, new { status = 201, hold = true });
        await using (var worker = await Worker())
        {
            await Say(mira, room, "at least once");
            await Eventually.True("it is on its way", () => Task.FromResult(service.To(device.Id).Length == 1));
            await worker.Kill();
        }

        var first = await service.Next(device.Id);
        await server.Database.Execute(
            "update job set lease_until = now() - interval '1 second' where state = 'running'"
        );
        await using var other = await Worker();
        var second = await service.Next(device.Id);
        Assert.Equal((first.Text("topic"), "message at least once"), (second.Text("topic"), PushService.Told(second)));
        await stage.Settled();
        Assert.Equal(2, service.To(device.Id).Length);
        Assert.Equal(1, await Unread(davor));
        Assert.Equal(1, await server.Database.Scalar<long>("select count(*) from notification"));
    }

    [Fact]
    public async Task A_worker_that_is_killed_before_the_answer_takes_back_what_was_deleted_meanwhile()
    {
        var (mira, _, device, room) = await Conversation();
        await service.Answer(device.Id, new { status = 201, hold = true });
        Guid message;
        await using (var worker = await Worker())
        {
            message = await Say(mira, room, "perhaps shown");
            await Eventually.True("it is on its way", () => Task.FromResult(service.To(device.Id).Length == 1));
            await worker.Kill();
        }

        await stage.Delete(message);
        await server.Database.Execute(
            "update job set lease_until = now() - interval '1 second' where state = 'running'"
        );
        await using var other = await Worker();
        await Eventually.True("it is taken back", () => Task.FromResult(service.To(device.Id).Length > 1));
        await stage.Settled();
        Assert.Equal(["message perhaps shown", "withdraw"], service.To(device.Id).Distinct());
    }

    [Fact]
    public async Task A_device_that_its_service_knows_no_more_is_forgotten()
    {
        var (mira, davor, device, room) = await Conversation();
        var second = await stage.Device(davor);
        await service.Answer(device.Id, new { status = 410 });
        await service.Answer(second.Id, new { status = 404 });
        await using var worker = await Worker();
        await Say(mira, room, "nobody there");
        await Eventually.True(
            "both are forgotten",
            async () => !(await davor.Get("/api/v1/notifications/devices")).Is(200).Data.EnumerateArray().Any()
        );
        await Say(mira, room, "still nobody");
        await Eventually.True("both are in the list", async () => await Unread(davor) == 2);
        await stage.Settled();
        Assert.Equal((1, 1), (service.To(device.Id).Length, service.To(second.Id).Length));
    }

    [Fact]
    public async Task A_service_that_asks_for_patience_is_given_it_and_one_that_fails_is_tried_again_later()
    {
        var (mira, _, device, room) = await Conversation();
        await service.Answer(device.Id, new { status = 429, retry_after = 120 }, new { status = 500 });
        await using var worker = await Worker();
        await Say(mira, room, "in the end");
        await Eventually.True(
            "it waits",
            async () =>
                (await stage.Jobs("send_push", "queued")).Any(e =>
                    e.EndsWith("asks for patience (429)", StringComparison.Ordinal)
                )
        );
        // It costs no try, and the time is the one that was named.
        Assert.Equal(
            "0 t",
            await server.Database.Scalar<string>(
                """
                select attempts || ' ' || left((run_at between now() + interval '100 seconds'
                  and now() + interval '121 seconds')::text, 1) from job where kind = 'send_push'
                """
            )
        );
        await stage.Hurry();
        await Eventually.True(
            "it failed",
            async () =>
                (await stage.Jobs("send_push", "queued")).Any(e => e.EndsWith("answered 500", StringComparison.Ordinal))
        );
        Assert.Equal(1, await server.Database.Scalar<int>("select attempts from job where kind = 'send_push'"));
        await stage.Hurry();
        await Eventually.True("it is done", async () => (await stage.Jobs("send_push", "done")).Length == 1);
        Assert.Equal(["message in the end", "message in the end", "message in the end"], service.To(device.Id));
    }

    [Fact]
    public async Task A_push_that_is_refused_for_good_is_left_to_the_operator_and_its_device_rests()
    {
        var (mira, davor, device, room) = await Conversation();
        await service.Answer(device.Id, new { status = 403 });
        await using var worker = await Worker();
        await Say(mira, room, "refused");
        await Eventually.True(
            "it is dead",
            async () =>
                await stage.Jobs("send_push", "dead") is [var error]
                && error == "The push service 127.0.0.1 refused the push for good: 403"
        );
        await Say(mira, room, "not tried");
        await stage.Settled();
        Assert.Single(service.To(device.Id));
        (await davor.Post("/api/v1/notifications/devices", device.Body)).Is(201);
        await Say(mira, room, "tried again");
        await Eventually.True("it came", () => Task.FromResult(service.To(device.Id).Contains("message tried again")));
    }

    [Fact]
    public async Task A_device_whose_address_may_not_be_connected_to_any_more_is_forgotten()
    {
        var (mira, davor, device, room) = await Conversation();
        // This worker's operator allows no such network.
        await using var worker = await VezaServer.Start(
            server.Premises,
            [.. service.Settings, ("VEZA__ROLES", "worker"), ("VEZA__PUSH__NETWORKS", "")]
        );
        await Say(mira, room, "into the house");
        await Eventually.True(
            "it is forgotten",
            async () => !(await davor.Get("/api/v1/notifications/devices")).Is(200).Data.EnumerateArray().Any()
        );
        Assert.Empty(service.To(device.Id));
    }
}
