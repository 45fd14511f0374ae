using System.Text.Json;
using Veza.Tests.Harness;
using static Veza.Tests.Features.Notifications.Pushes.PushStage;

namespace Veza.Tests.Features.Notifications.Pushes;

/// <summary>From a message to a device: who is told, of what, and how.</summary>
public sealed class PushesTests(VezaWithPush veza) : IClassFixture<VezaWithPush>
{
    private readonly PushStage stage = new(veza.Server, veza.Service);

    [Fact]
    public async Task A_direct_message_comes_to_the_device_encrypted_and_signed_for_its_service()
    {
        var (mira, davor) = await stage.Two();
        var device = await stage.Device(davor);
        var hers = await stage.Device(mira);
        var room = await stage.Direct(mira, davor);
        var message = await Say(mira, room, "Listen to the second verse 🎧");

        var push = await veza.Service.Next(device.Id);
        Assert.Equal("message Listen to the second verse 🎧", PushService.Told(push));
        var content = push.GetProperty("content");
        Assert.Equal(
            (message, room, 1L, "direct", 1L),
            (
                content.GetProperty("message_id").GetGuid(),
                content.GetProperty("room").GetProperty("id").GetGuid(),
                content.Number("seq"),
                content.Text("kind"),
                content.Number("unread")
            )
        );
        Assert.Equal(mira.Username, content.GetProperty("author").Text("username"));
        Assert.Matches("^[A-Za-z0-9_-]{22}$", push.Text("topic"));
        Assert.Equal(
            (push.Text("topic"), "high", "aes128gcm"),
            (content.Text("tag"), push.Text("urgency"), push.Text("encoding"))
        );
        Assert.InRange(push.Number("ttl"), 24 * 3600 - 60, 24 * 3600);

        var vapid = push.GetProperty("vapid");
        Assert.True(vapid.GetProperty("signed").GetBoolean());
        Assert.Equal(
            ("ES256", "JWT", veza.Service.Origin, PushService.Contact),
            (vapid.Text("alg"), vapid.Text("typ"), vapid.Text("aud"), vapid.Text("sub"))
        );
        Assert.Equal(
            (await davor.Get("/api/v1/notifications/vapid-key")).Is(200).Data.Text("public_key"),
            vapid.Text("key")
        );
        Assert.InRange(
            vapid.Number("exp"),
            DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 3600,
            DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 24 * 3600
        );

        await stage.Settled();
        Assert.Equal(["direct Listen to the second verse 🎧"], await Listed(davor));
        Assert.Equal((1, 0), (await Unread(davor), await Unread(mira)));
        Assert.Empty(await Listed(mira));
        Assert.Empty(veza.Service.To(hers.Id));
        var registered = Assert.Single(
            (await davor.Get("/api/v1/notifications/devices")).Is(200).Data.EnumerateArray()
        );
        Assert.Equal(
            ("127.0.0.1", "web_push", JsonValueKind.String),
            (registered.Text("host"), registered.Text("kind"), registered.GetProperty("last_sent_at").ValueKind)
        );
    }

    [Fact]
    public async Task What_a_room_says_is_told_to_whoever_wants_all_and_what_names_one_to_whoever_wants_that()
    {
        var (mira, davor) = await stage.Two();
        var (ilir, tove) = (await Actor.Register(veza.Server, "ilir"), await Actor.Register(veza.Server, "tove"));
        var (his, hers, third) = (await stage.Device(davor), await stage.Device(tove), await stage.Device(ilir));
        await Wish(davor, rooms: "all");
        await Wish(tove, rooms: "none");
        var room = await Room(mira, davor, ilir, tove);
        var unnamed = await Say(mira, room, "to everybody");
        Assert.Equal("message to everybody", PushService.Told(await veza.Service.Next(his.Id)));

        var names = $"to @{ilir.Username}, @{tove.Username} and @{mira.Username}";
        await Say(mira, room, names);
        Assert.Equal($"message {names}", PushService.Told(await veza.Service.Next(his.Id)));
        var push = await veza.Service.Next(third.Id);
        Assert.Equal(("mention", "high"), (push.GetProperty("content").Text("kind"), push.Text("urgency")));
        await stage.Settled();
        Assert.Equal([$"mention {names}"], await Listed(ilir));
        Assert.Equal([$"message {names}", "message to everybody"], await Listed(davor));

        // Named afterwards, and everybody called; who was told already is not told twice.
        (
            await mira.Put($"/api/v1/chat/messages/{unnamed}", new { Content = $"to everybody, @{ilir.Username} too" })
        ).Is(200);
        await stage.Settled();
        Assert.Equal([$"mention {names}", $"mention to everybody, @{ilir.Username} too"], await Listed(ilir));
        await Say(mira, room, "to all in the @room");
        await stage.Settled();
        Assert.Equal("mention to all in the @room", (await Listed(ilir))[0]);
        Assert.Equal(
            ["mention to all in the @room", $"message {names}", $"message to everybody, @{ilir.Username} too"],
            await Listed(davor)
        );
        Assert.Empty(await Listed(tove));
        Assert.Empty(veza.Service.To(hers.Id));
    }

    [Fact]
    public async Task A_room_may_be_otherwise_than_the_rest_for_good_or_until_a_time()
    {
        var (mira, davor) = await stage.Two();
        var device = await stage.Device(davor);
        var room = await Room(mira, davor);
        await Say(mira, room, "not told");
        (await davor.Put($"/api/v1/notifications/rooms/{room}", new { Level = "all" })).Is(200);
        await Say(mira, room, "told");
        Assert.Equal("message told", PushService.Told(await veza.Service.Next(device.Id)));
        (
            await davor.Put(
                $"/api/v1/notifications/rooms/{room}",
                new { Level = "all", MutedUntil = DateTime.UtcNow.AddHours(1) }
            )
        ).Is(200);
        await Say(mira, room, "muted");
        await stage.Settled();
        (
            await davor.Put(
                $"/api/v1/notifications/rooms/{room}",
                new { Level = "all", MutedUntil = DateTime.UtcNow.AddHours(-1) }
            )
        ).Is(200);
        await Say(mira, room, "told again");
        Assert.Equal("message told again", PushService.Told(await veza.Service.Next(device.Id)));
        (await davor.Delete($"/api/v1/notifications/rooms/{room}")).Is(200);
        await Say(mira, room, "not told again");
        await stage.Settled();
        Assert.Equal(["message told again", "message told"], await Listed(davor));

        // Direct conversations have a level of their own.
        var direct = await stage.Direct(mira, davor);
        await Wish(davor, direct: "none");
        await Say(mira, direct, "unheard");
        await stage.Settled();
        Assert.Equal(2, veza.Service.To(device.Id).Length);
    }

    [Fact]
    public async Task In_a_large_room_a_message_costs_nothing_for_those_who_do_not_want_to_be_told()
    {
        var (mira, davor) = await stage.Two();
        var room = await Room(mira);
        await veza.Server.Database.Execute(
            """
            with people as (
              insert into account (id, username, email, display_name)
                select gen_random_uuid(), 'crowd' || n, 'crowd' || n || '@example.org', 'One'
                from generate_series(1, 10000) n returning id
            )
            insert into room_member (room_id, account_id) select $1, id from people
            """,
            room
        );
        var before = await veza.Server.Database.Scalar<long>("select count(*) from job");
        for (var i = 0; i < 20; i++)
            await Say(mira, room, $"message {i}");
        Assert.Equal(before, await veza.Server.Database.Scalar<long>("select count(*) from job"));

        // Three of them hear everything: a job for each message, and a row for each of them.
        await veza.Server.Database.Execute(
            """
            insert into notification_setting (account_id, rooms) select account_id, 'all' from room_member
              where room_id = $1 and account_id <> $2 limit 3
            """,
            room,
            mira.Id
        );
        await veza.Server.Database.Execute(
            """
            select heed(account_id) from notification_setting s where
              exists (select 1 from room_member w where w.room_id = $1 and w.account_id = s.account_id)
            """,
            room
        );
        for (var i = 0; i < 5; i++)
            await Say(mira, room, $"told {i}");
        await stage.Settled();
        Assert.Equal(
            (5, 15),
            (
                await veza.Server.Database.Scalar<long>(
                    "select count(*) from event where kind = 'chat_message_posted' and payload->>'room_id' = $1",
                    room.ToString()
                ),
                await veza.Server.Database.Scalar<long>("select count(*) from notification where room_id = $1", room)
            )
        );

        // All of them: pages, and everybody once.
        await veza.Server.Database.Execute(
            """
            insert into notification_setting (account_id, rooms) select account_id, 'all' from room_member
              where room_id = $1 on conflict (account_id) do update set rooms = 'all'
            """,
            room
        );
        await veza.Server.Database.Execute(
            """
            insert into notification_subscription (room_id, account_id) select room_id, account_id from room_member
              where room_id = $1 on conflict do nothing
            """,
            room
        );
        var loud = await Say(mira, room, "to all");
        await stage.Settled();
        Assert.Equal(
            10_000,
            await veza.Server.Database.Scalar<long>("select count(*) from notification where message_id = $1", loud)
        );
        Assert.NotEqual(davor.Id, mira.Id);
    }

    [Fact]
    public async Task Without_previews_a_device_learns_only_that_there_is_something()
    {
        var (mira, davor) = await stage.Two();
        var device = await stage.Device(davor);
        await Wish(davor, previews: false);
        var room = await stage.Direct(mira, davor);
        await Say(mira, room, "a secret");
        var push = await veza.Service.Next(device.Id);
        Assert.Equal(
            ["type", "tag", "notification_id", "kind", "unread"],
            push.GetProperty("content").EnumerateObject().Select(p => p.Name)
        );
        Assert.Equal(["direct a secret"], await Listed(davor));
    }

    [Fact]
    public async Task A_long_message_is_cut_between_characters_and_fits_into_a_push()
    {
        var (mira, davor) = await stage.Two();
        var device = await stage.Device(davor);
        var room = await stage.Direct(mira, davor);
        await Say(mira, room, string.Concat(Enumerable.Repeat("🎧", 2000)));
        var push = await veza.Service.Next(device.Id);
        // Twelve bytes each, as JSON escapes them.
        Assert.Equal(string.Concat(Enumerable.Repeat("🎧", 83)) + "…", push.GetProperty("content").Text("content"));
        Assert.InRange(push.Number("bytes"), 1000, 3072);
        await Say(mira, room, string.Concat(Enumerable.Repeat("\"\u0001\n", 1000)));
        Assert.InRange((await veza.Service.Next(device.Id)).Number("bytes"), 1000, 3072);
        await Say(mira, room, string.Concat(Enumerable.Repeat("š", 500)));
        Assert.Equal(
            string.Concat(Enumerable.Repeat("š", 500)),
            (await veza.Service.Next(device.Id)).GetProperty("content").Text("content")
        );
    }

    [Fact]
    public async Task Other_kinds_of_devices_are_told_through_the_operators_gateway()
    {
        var (mira, davor) = await stage.Two();
        (
            await davor.Post(
                "/api/v1/notifications/devices",
                new
                {
                    Kind = "gateway",
                    App = "org.example.veza",
                    Token = $"fcm-{davor.Id}",
                    Name = "Phone",
                }
            )
        ).Is(201);
        var room = await stage.Direct(mira, davor);
        var message = await Say(mira, room, "through the gateway");
        var push = await veza.Service.Next(PushService.Gateway);
        Assert.True(push.GetProperty("signed").GetBoolean());
        Assert.InRange(
            push.Number("time"),
            DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 60,
            DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 60
        );
        Assert.Equal(
            ("org.example.veza", $"fcm-{davor.Id}"),
            (
                push.GetProperty("body").GetProperty("device").Text("app"),
                push.GetProperty("body").GetProperty("device").Text("token")
            )
        );
        Assert.Equal("message through the gateway", PushService.Told(push));
        await stage.Settled();
        await stage.Delete(message);
        Assert.Equal(
            ("withdraw", push.Text("topic")),
            (PushService.Told(await veza.Service.Next(PushService.Gateway)), push.Text("topic"))
        );
    }

    [Fact]
    public async Task What_falls_into_quiet_hours_waits_for_their_end_and_then_each_room_shows_its_latest()
    {
        var (mira, davor) = await stage.Two();
        var device = await stage.Device(davor);
        var now = DateTime.UtcNow;
        await Wish(
            davor,
            quiet: new
            {
                Start = now.AddHours(-1).ToString("HH:mm"),
                End = now.AddHours(2).ToString("HH:mm"),
                TimeZone = "UTC",
            }
        );
        var (room, other) = (await stage.Direct(mira, davor), await stage.Direct(mira, davor));
        foreach (var text in new[] { "one", "two", "three" })
            await Say(mira, room, text);
        var gone = await Say(mira, other, "deleted before morning");
        await stage.Settled();
        var waits = await veza.Server.Database.Column(
            """
            select run_at between now() + interval '118 minutes' and now() + interval '121 minutes' from job
              where kind = 'send_push' and owner_id = $1
            """,
            davor.Id
        );
        Assert.Equal(["True", "True", "True", "True"], waits);
        Assert.Equal(4, await Unread(davor));

        // A job that comes too early finds the hours still quiet, and waits on.
        await stage.Hurry();
        await stage.Settled();
        Assert.Empty(veza.Service.To(device.Id));
        await stage.Delete(gone);
        await veza.Server.Database.Execute(
            """
            update notification_setting set quiet_from = (now() at time zone 'UTC' - interval '2 hours')::time,
              quiet_until = (now() at time zone 'UTC' - interval '1 minute')::time where account_id = $1
            """,
            davor.Id
        );
        await stage.Hurry();
        await stage.Settled();
        Assert.Equal(["message three"], veza.Service.To(device.Id));
        Assert.Equal(3, (await veza.Service.Next(device.Id)).GetProperty("content").Number("unread"));
        Assert.Equal(["direct three", "direct two", "direct one"], await Listed(davor));
    }
}
