using System.Text.Json;
using Veza.Tests.Features.Chat.Rooms;
using Veza.Tests.Harness;
using Veza.Tests.Infrastructure.Http;
using static Veza.Tests.Features.Notifications.Pushes.PushStage;

namespace Veza.Tests.Features.Notifications.Pushes;

/// <summary>What is over is taken back wherever it may be shown, and never shown where it is not yet.</summary>
public sealed class WithdrawalTests(VezaWithPush veza) : IClassFixture<VezaWithPush>
{
    private readonly PushStage stage = new(veza.Server, veza.Service);

    private async Task<(Actor Mira, Actor Davor, PushSubscription Device, Guid Room)> Conversation()
    {
        var (mira, davor) = await stage.Two();
        return (mira, davor, await stage.Device(davor), await stage.Direct(mira, davor));
    }

    /// <summary>
    /// What ends while a push is on its way may be taken back twice, so tests that count let it settle first.
    /// </summary>
    private async Task TakenBack(PushSubscription device, JsonElement shown)
    {
        var push = await veza.Service.Next(device.Id);
        Assert.Equal(
            ("withdraw", shown.Text("topic"), shown.Text("topic")),
            (PushService.Told(push), push.Text("topic"), push.GetProperty("content").Text("tag"))
        );
        Assert.Equal(["type", "tag"], push.GetProperty("content").EnumerateObject().Select(p => p.Name));
    }

    [Fact]
    public async Task A_deleted_message_is_taken_back_from_every_device_and_out_of_the_list()
    {
        var (mira, davor, device, room) = await Conversation();
        var second = await stage.Device(davor);
        var message = await Say(mira, room, "regretted");
        var (shown, again) = (await veza.Service.Next(device.Id), await veza.Service.Next(second.Id));
        await stage.Settled();
        Assert.Equal(shown.Text("topic"), again.Text("topic"));
        await stage.Delete(message);
        Assert.Empty(await Listed(davor));
        Assert.Equal(0, await Unread(davor));
        await TakenBack(device, shown);
        await TakenBack(second, again);
        await stage.Settled();
        Assert.Equal(["message regretted", "withdraw"], veza.Service.To(device.Id));
    }

    [Fact]
    public async Task What_was_deleted_before_it_was_sent_is_not_sent()
    {
        var (mira, davor, device, room) = await Conversation();
        // The service is away: the push waits for its next try.
        await veza.Service.Answer(device.Id, new { status = 503, retry_after = 600 });
        await Say(mira, room, "first");
        await veza.Service.Next(device.Id);
        await Eventually.True(
            "the push waits",
            async () =>
                (await stage.Jobs("send_push", "queued")).Any(e =>
                    e.Contains("asks for patience (503)", StringComparison.Ordinal)
                )
        );
        await Wish(
            davor,
            quiet: new
            {
                Start = DateTime.UtcNow.AddHours(-1).ToString("HH:mm"),
                End = DateTime.UtcNow.AddHours(2).ToString("HH:mm"),
                TimeZone = "UTC",
            }
        );
        var message = await Say(mira, room, "held and deleted");
        await stage.Settled();
        await stage.Delete(message);
        await Wish(davor);
        await stage.Hurry();
        await stage.Settled();
        Assert.Equal(["message first", "message first"], veza.Service.To(device.Id));
        Assert.Equal(["direct first"], await Listed(davor));
    }

    [Fact]
    public async Task What_is_deleted_while_it_is_being_sent_is_taken_back_afterwards()
    {
        var (mira, _, device, room) = await Conversation();
        await veza.Service.Answer(device.Id, new { status = 201, hold = true });
        var message = await Say(mira, room, "too late");
        var shown = await veza.Service.Next(device.Id);
        await stage.Delete(message);
        await Eventually.True(
            "the deletion is known",
            async () =>
                await veza.Server.Database.Scalar<bool>(
                    "select withdrawn_at is not null from notification where message_id = $1",
                    message
                )
        );
        await veza.Service.Release();
        await TakenBack(device, shown);
        await stage.Settled();
        Assert.Equal("withdraw", veza.Service.To(device.Id)[^1]);
    }

    [Fact]
    public async Task Across_a_block_nothing_is_pushed_and_what_was_is_taken_back_on_both_sides()
    {
        var (mira, davor, device, room) = await Conversation();
        var hers = await stage.Device(mira);
        // Not both in one room: who answers has read.
        var shared = await Room(mira, davor);
        await Say(mira, shared, $"before, from mira to @{davor.Username}");
        await Say(davor, room, "before, from davor");
        var (shown, shownToHer) = (await veza.Service.Next(device.Id), await veza.Service.Next(hers.Id));
        await stage.Settled();
        await stage.Block(davor, mira);
        await TakenBack(device, shown);
        await TakenBack(hers, shownToHer);
        // A conversation takes nothing across a block; a room takes it, and nobody of the two is told.
        (await mira.Post($"/api/v1/chat/rooms/{room}/messages", new { ClientId = "after", Content = "after" })).Is(403);
        foreach (var person in new[] { mira, davor })
            (await person.Put($"/api/v1/notifications/rooms/{shared}", new { Level = "all" })).Is(200);
        await Say(mira, shared, $"after, from mira to @{davor.Username}");
        await Say(davor, shared, "after, from davor");
        await stage.Settled();
        Assert.Equal((2, 2), (veza.Service.To(device.Id).Length, veza.Service.To(hers.Id).Length));
        Assert.Empty(await Listed(davor));
        Assert.Empty(await Listed(mira));
    }

    [Fact]
    public async Task Who_is_muted_is_not_told_of()
    {
        var (mira, davor, device, room) = await Conversation();
        (await davor.Put($"/api/v1/users/{mira.Id}/mute", new { })).Is(200);
        await Say(mira, room, "unheard");
        await stage.Settled();
        (await davor.Delete($"/api/v1/users/{mira.Id}/mute")).Is(200);
        await Say(mira, room, "heard");
        Assert.Equal("message heard", PushService.Told(await veza.Service.Next(device.Id)));
        Assert.Single(veza.Service.To(device.Id));
    }

    [Fact]
    public async Task Who_is_no_member_any_more_keeps_nothing_of_the_room()
    {
        var (mira, davor) = await stage.Two();
        var ilir = await Actor.Register(veza.Server, "ilir");
        var (device, third) = (await stage.Device(davor), await stage.Device(ilir));
        var room = await Room(mira, davor, ilir);
        foreach (var person in new[] { davor, ilir })
            (await person.Put($"/api/v1/notifications/rooms/{room}", new { Level = "all" })).Is(200);
        await Say(mira, room, "for members");
        var (shown, shownToIlir) = (await veza.Service.Next(device.Id), await veza.Service.Next(third.Id));
        await stage.Settled();
        (await davor.Delete($"/api/v1/chat/rooms/{room}/members/me")).Is(200);
        await TakenBack(device, shown);
        Assert.Empty(await Listed(davor));
        Assert.Equal(["message for members"], await Listed(ilir));

        // The room goes, and everybody with it.
        await veza.Server.Database.Execute("delete from room where id = $1", room);
        await TakenBack(third, shownToIlir);
        Assert.Empty(await Listed(ilir));
    }

    [Fact]
    public async Task What_is_read_on_one_device_goes_from_the_others()
    {
        var (mira, davor, device, room) = await Conversation();
        var shown = new List<JsonElement>();
        for (var i = 1; i <= 3; i++)
        {
            await Say(mira, room, $"message {i}");
            shown.Add(await veza.Service.Next(device.Id));
        }

        await stage.Settled();
        var ids = (await davor.Get("/api/v1/notifications"))
            .Data.EnumerateArray()
            .Select(n => n.GetProperty("id").GetGuid())
            .ToArray();
        (await davor.Put("/api/v1/notifications/read", new { Ids = new[] { ids[0] } })).Is(200);
        await TakenBack(device, shown[2]);
        Assert.Equal(2, await Unread(davor));
        (await mira.Put("/api/v1/notifications/read", new { Until = ids[1] })).Is(200);
        Assert.Equal(2, await Unread(davor));
        (await davor.Put("/api/v1/notifications/read", new { Until = ids[1] })).Is(200);
        Assert.Equal(0, await Unread(davor));
        var topics = new[]
        {
            (await veza.Service.Next(device.Id)).Text("topic"),
            (await veza.Service.Next(device.Id)).Text("topic"),
        };
        Assert.Equal(new[] { shown[0].Text("topic"), shown[1].Text("topic") }.Order(), topics.Order());
        Each.Of(
            (await davor.Get("/api/v1/notifications")).Data.EnumerateArray(),
            n => Assert.Equal(JsonValueKind.String, n.GetProperty("read_at").ValueKind)
        );
        (await davor.Put("/api/v1/notifications/read", new { })).Is(422, "VALIDATION_ERROR");

        // Read in the room itself.
        await Say(mira, room, "message 4");
        var fourth = await veza.Service.Next(device.Id);
        await stage.Settled();
        (await davor.Put($"/api/v1/chat/rooms/{room}/read", new { Seq = 4 })).Is(200);
        await TakenBack(device, fourth);
        Assert.Equal(0, await Unread(davor));
    }

    [Fact]
    public async Task What_one_has_read_before_the_push_leaves_is_not_pushed()
    {
        var (mira, davor, device, room) = await Conversation();
        await Wish(
            davor,
            quiet: new
            {
                Start = DateTime.UtcNow.AddHours(-1).ToString("HH:mm"),
                End = DateTime.UtcNow.AddHours(2).ToString("HH:mm"),
                TimeZone = "UTC",
            }
        );
        await Say(mira, room, "read in time");
        await stage.Settled();
        (await davor.Put($"/api/v1/chat/rooms/{room}/read", new { Seq = 1 })).Is(200);
        await Wish(davor);
        await stage.Hurry();
        await stage.Settled();
        Assert.Empty(veza.Service.To(device.Id));
    }

    [Fact]
    public async Task A_conversation_is_told_of_and_taken_back_by_what_people_do_in_it()
    {
        var (mira, davor) = await stage.Two();
        var device = await stage.Device(davor);
        var first = (
            await mira.Post($"/api/v1/chat/dm/{davor.Id}", new { ClientId = "1", Content = "Are you coming?" })
        )
            .Is(201)
            .Data;
        var shown = await veza.Service.Next(device.Id);
        Assert.Equal(
            ("message Are you coming?", "direct"),
            (PushService.Told(shown), shown.GetProperty("content").Text("kind"))
        );
        await stage.Settled();
        (await mira.Delete($"/api/v1/chat/messages/{first.GetProperty("id").GetGuid()}")).Is(200);
        await TakenBack(device, shown);
        await mira.Post($"/api/v1/chat/dm/{davor.Id}", new { ClientId = "2", Content = "Tonight?" });
        var second = await veza.Service.Next(device.Id);
        await stage.Settled();
        (await davor.Put($"/api/v1/chat/rooms/{first.GetProperty("room_id").GetGuid()}/read", new { Seq = 2 })).Is(200);
        await TakenBack(device, second);
        Assert.Equal(0, await Unread(davor));
    }

    [Fact]
    public async Task Who_signs_out_is_told_no_more_on_that_device()
    {
        var (mira, davor, device, room) = await Conversation();
        var away = await davor.SignIn();
        var second = await stage.Device(away);
        (await away.Post("/api/v1/auth/logout", new { Scope = "current" })).Is(200);
        await Say(mira, room, "only here");
        Assert.Equal("message only here", PushService.Told(await veza.Service.Next(device.Id)));
        await stage.Settled();
        Assert.Empty(veza.Service.To(second.Id));
        Assert.Single((await davor.Get("/api/v1/notifications/devices")).Data.EnumerateArray());
    }

    [Fact]
    public async Task A_browser_that_somebody_else_signs_in_on_is_told_nothing_of_who_had_it_before()
    {
        var (mira, davor, device, room) = await Conversation();
        await Wish(
            davor,
            quiet: new
            {
                Start = DateTime.UtcNow.AddHours(-1).ToString("HH:mm"),
                End = DateTime.UtcNow.AddHours(2).ToString("HH:mm"),
                TimeZone = "UTC",
            }
        );
        await Say(mira, room, "for davor");
        await stage.Settled();
        var ilir = await Actor.Register(veza.Server, "ilir");
        (await ilir.Post("/api/v1/notifications/devices", device.Body)).Is(201);
        await Wish(davor);
        await stage.Hurry();
        await stage.Settled();
        await Say(mira, room, "for davor again");
        await stage.Settled();
        Assert.Empty(veza.Service.To(device.Id));
        Assert.Empty((await davor.Get("/api/v1/notifications/devices")).Data.EnumerateArray());
        await Say(mira, await stage.Direct(mira, ilir), "for ilir");
        Assert.Equal("message for ilir", PushService.Told(await veza.Service.Next(device.Id)));
    }
}
