using System.Diagnostics;
using System.Text.Json;
using Veza.Features.Chat.Presence;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Presence;

/// <summary>Who is there, and who is told, on one node and on several.</summary>
public sealed class PresenceTests(VezaServer server) : IClassFixture<VezaServer>
{
    private Task<Actor> Somebody(string name) => Actor.Register(server, name);

    /// <summary>What a socket was told of somebody, in order.</summary>
    private static string[] Told(ChatSocket socket, Actor of) =>
        [
            .. socket
                .Frames.Where(f => f.Text("type") == "presence")
                .SelectMany(f => f.GetProperty("people").EnumerateArray())
                .Where(p => p.GetProperty("user_id").GetGuid() == of.Id)
                .Select(p =>
                    p.TryGetProperty("text", out var text) ? $"{p.Text("status")} {text.GetString()}" : p.Text("status")
                ),
        ];

    private static Task Until(ChatSocket socket, Actor of, string last) =>
        Eventually.True($"{of.Username} is {last}", () => Task.FromResult(Told(socket, of).LastOrDefault() == last));

    private static async Task<string> Status(Actor reader, Actor of)
    {
        var entry = (await reader.Get($"/api/v1/chat/presence?user_ids={of.Id}"))
            .Is(200)
            .Data.EnumerateArray()
            .SingleOrDefault();
        return entry.ValueKind == JsonValueKind.Undefined ? "nobody"
            : entry.TryGetProperty("text", out var text) ? $"{entry.Text("status")} {text.GetString()}"
            : entry.Text("status");
    }

    private static async Task<ChatSocket> Watch(Actor reader, params Actor[] people)
    {
        var socket = await ChatSocket.Open(reader);
        await socket.Acknowledged("presence.watch", null, ("user_ids", people.Select(p => p.Id)));
        return socket;
    }

    [Fact]
    public async Task People_see_each_other_come_change_and_go()
    {
        var (mira, davor) = (await Somebody("mira"), await Somebody("davor"));
        await using var his = await Watch(davor, mira);
        await Until(his, mira, "offline");
        var hers = await ChatSocket.Open(mira);
        await Until(his, mira, "online");
        await hers.Acknowledged("presence.set", null, ("status", "busy"), ("text", "🎧 mixing"));
        await Until(his, mira, "busy 🎧 mixing");
        Assert.Equal("busy 🎧 mixing", await Status(davor, mira));

        // Whoever is gone is so after a while, and what they say of themselves stays.
        var since = Stopwatch.StartNew();
        await hers.DisposeAsync();
        await Until(his, mira, "offline 🎧 mixing");
        Assert.True(since.Elapsed >= PresenceLimits.Grace - PresenceLimits.Beat, "She was gone before her time.");
        Assert.Equal("offline 🎧 mixing", await Status(davor, mira));
        await using var again = await ChatSocket.Open(mira);
        await again.Acknowledged("presence.set", null, ("text", ""));
        await Until(his, mira, "online");
    }

    [Fact]
    public async Task A_reconnect_is_no_news()
    {
        var (mira, davor) = (await Somebody("mira"), await Somebody("davor"));
        var hers = await ChatSocket.Open(mira);
        await using var his = await Watch(davor, mira);
        await Until(his, mira, "online");
        var before = Told(his, mira).Length;
        for (var i = 0; i < 5; i++)
        {
            await hers.DisposeAsync();
            hers = await ChatSocket.Open(mira);
        }

        await hers.Acknowledged("presence.set", null, ("status", "busy"));
        await Until(his, mira, "busy");
        Assert.Equal(["busy"], Told(his, mira)[before..]);
        await hers.DisposeAsync();
    }

    [Fact]
    public async Task Devices_are_one_person_and_who_hides_on_one_is_hidden()
    {
        await using var other = await VezaServer.Start(server.Premises, ("VEZA__PUBLIC_URL", server.Address));
        var (mira, davor) = (await Somebody("mira"), await Somebody("davor"));
        await using var his = await Watch(davor, mira);
        await using var phone = await ChatSocket.Open(mira);
        await using var laptop = await ChatSocket.Open(await mira.SignIn(other));
        await phone.Acknowledged("presence.set", null, ("status", "away"));
        await Until(his, mira, "online");
        await laptop.Acknowledged("presence.set", null, ("status", "away"));
        await Until(his, mira, "away");
        await phone.Acknowledged("presence.set", null, ("status", "busy"));
        await Until(his, mira, "busy");
        await laptop.Acknowledged("presence.set", null, ("status", "invisible"));
        await Until(his, mira, "offline");
        Assert.Equal("offline", await Status(davor, mira));
        Assert.Equal("invisible", await Status(mira, mira));
        await laptop.Acknowledged("presence.set", null, ("status", "online"));
        await Until(his, mira, "busy");
    }

    [Fact]
    public async Task Who_hides_at_once_was_never_seen()
    {
        var (davor, jonas) = (await Somebody("davor"), await Somebody("jonas"));
        await using var his = await Watch(davor, jonas);
        // At once is within a second; on a machine that is busy it may take another try.
        for (var tries = 5; ; tries--)
        {
            var mira = await Somebody("mira");
            await his.Acknowledged("presence.watch", null, ("user_ids", new[] { mira.Id, jonas.Id }));
            await Until(his, mira, "offline");
            var began = Stopwatch.GetTimestamp();
            await using var hers = await ChatSocket.Open(mira);
            await hers.Acknowledged("presence.set", null, ("status", "invisible"));
            if (Stopwatch.GetElapsedTime(began) > PresenceLimits.ArrivalWait && tries > 1)
                continue;
            await using var third = await ChatSocket.Open(jonas);
            await Until(his, jonas, "online");
            await Eventually.True("she is known to hide", async () => await Status(mira, mira) == "invisible");
            Assert.DoesNotContain("online", Told(his, mira));
            return;
        }
    }

    [Fact]
    public async Task A_small_room_shows_its_members_to_each_other_and_a_large_one_does_not()
    {
        var (mira, davor) = (await Somebody("mira"), await Somebody("davor"));
        var room = (await mira.Post("/api/v1/chat/rooms", new { Name = "Small" }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        (await davor.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(200);
        await using var hers = await ChatSocket.Open(mira);
        await using var his = await ChatSocket.Open(davor);
        await his.Subscribe(room);
        await Until(his, mira, "online");
        Assert.Empty(Told(his, davor));

        var crowd = (await mira.Post("/api/v1/chat/rooms", new { Name = "Large" }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        (await davor.Put($"/api/v1/chat/rooms/{crowd}/members/me")).Is(200);
        await server.Database.Execute("update room set member_count = 51 where id = $1", crowd);
        await using var more = await ChatSocket.Open(await davor.SignIn());
        await more.Subscribe(crowd);
        await more.Acknowledged("presence.watch", null, ("user_ids", new[] { davor.Id }));
        await Until(more, davor, "online");
        Assert.Empty(Told(more, mira));
    }

    [Fact]
    public async Task A_block_ends_what_is_seen_within_a_moment_and_its_end_brings_it_back()
    {
        var (mira, davor) = (await Somebody("mira"), await Somebody("davor"));
        await using var hers = await Watch(mira, davor);
        await hers.Acknowledged("presence.set", null, ("text", "here"));
        await using var his = await Watch(davor, mira);
        await Until(his, mira, "online here");
        await Until(hers, davor, "online");
        (await mira.Put($"/api/v1/users/{davor.Id}/block")).Is(200);
        await Until(his, mira, "offline");
        await Until(hers, davor, "offline");
        Assert.Equal("nobody", await Status(davor, mira));
        var before = Told(his, mira).Length;
        await hers.Acknowledged("presence.set", null, ("status", "busy"));
        await Eventually.True("she sees that she is busy", async () => await Status(mira, mira) == "busy here");
        (await mira.Delete($"/api/v1/users/{davor.Id}/block")).Is(200);
        await Until(his, mira, "busy here");
        Assert.Equal(["busy here"], Told(his, mira)[before..]);
        await Until(hers, davor, "online");
    }

    [Fact]
    public async Task What_cannot_be_is_refused()
    {
        var mira = await Somebody("mira");
        await using var hers = await ChatSocket.Open(mira);
        foreach (
            var members in new (string, object?)[][]
            {
                [],
                [("status", "dancing")],
                [("until", "2099-01-01T00:00:00Z"), ("status", "online")],
                [("text", new string('x', 101))],
                [("text", "two\nlines")],
                [("text", " blank")],
                [("text", "past"), ("until", "2020-01-01T00:00:00Z")],
            }
        )
            Assert.Equal("VALIDATION_ERROR", (await hers.Ask("presence.set", null, members)).Text("error_code"));
        Assert.Equal("CHARACTER_REFUSED", (await hers.Ask("presence.set", null, ("text", "a\0b"))).Text("error_code"));
        Assert.Equal("VALIDATION_ERROR", (await hers.Ask("presence.watch")).Text("error_code"));
        Assert.Equal(
            "VALIDATION_ERROR",
            (
                await hers.Ask(
                    "presence.watch",
                    null,
                    ("user_ids", Enumerable.Range(0, 201).Select(_ => Guid.CreateVersion7()))
                )
            ).Text("error_code")
        );
        Assert.Equal("FRAME_INVALID", (await hers.Ask("presence.watch", null, ("user_ids", "all"))).Text("error_code"));
        (await mira.Get("/api/v1/chat/presence")).Is(422, "VALIDATION_ERROR");
        (await mira.Get("/api/v1/chat/presence?user_ids=x")).Is(422, "VALIDATION_ERROR");
        (
            await mira.Get(
                $"/api/v1/chat/presence?user_ids={string.Join(',', Enumerable.Range(0, 101).Select(_ => Guid.CreateVersion7()))}"
            )
        ).Is(422, "VALIDATION_ERROR");
        Assert.Equal(
            0,
            (await mira.Get($"/api/v1/chat/presence?user_ids={Guid.CreateVersion7()}")).Is(200).Data.GetArrayLength()
        );
    }

    [Fact]
    public async Task Whoever_flaps_is_told_of_seldom_and_then_refused()
    {
        var (mira, davor) = (await Somebody("mira"), await Somebody("davor"));
        await using var hers = await ChatSocket.Open(mira);
        await using var his = await Watch(davor, mira);
        await Until(his, mira, "online");
        var (since, before) = (Stopwatch.StartNew(), Told(his, mira).Length);
        var refused = 0;
        for (var i = 0; i < 70; i++)
            if (
                (await hers.Ask("presence.set", null, ("status", i % 2 == 0 ? "away" : "online"))).Text("type")
                == "error"
            )
                refused++;
        Assert.InRange(refused, 1, 40);
        Assert.InRange(Told(his, mira).Length - before, 0, (int)(since.Elapsed.TotalSeconds / 3) + 1);
    }

    [Fact]
    public async Task What_somebody_says_of_themselves_ends_at_its_time()
    {
        var (mira, davor) = (await Somebody("mira"), await Somebody("davor"));
        await using var hers = await ChatSocket.Open(mira);
        await using var his = await Watch(davor, mira);
        await hers.Acknowledged("presence.set", null, ("text", "back soon"), ("until", DateTime.UtcNow.AddSeconds(6)));
        await Until(his, mira, "online back soon");
        await Until(his, mira, "online");
        Assert.Equal("online", await Status(davor, mira));
    }
}
