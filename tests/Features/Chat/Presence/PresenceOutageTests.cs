using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Presence;

/// <summary>Presence when a node or Redis goes away: never wrong, at worst unknown.</summary>
public sealed class PresenceOutageTests
{
    private static string[] Told(ChatSocket socket, Actor of) =>
        [
            .. socket
                .Frames.Where(f => f.Text("type") == "presence")
                .SelectMany(f => f.GetProperty("people").EnumerateArray())
                .Where(p => p.GetProperty("user_id").GetGuid() == of.Id)
                .Select(p => p.Text("status")),
        ];

    private static Task Until(ChatSocket socket, Actor of, string last) =>
        Eventually.True($"{of.Username} is {last}", () => Task.FromResult(Told(socket, of).LastOrDefault() == last));

    private static async Task<string> Status(Actor reader, Actor of) =>
        (await reader.Get($"/api/v1/chat/presence?user_ids={of.Id}")).Is(200).Data[0].Text("status");

    private static async Task<ChatSocket> Watch(Actor reader, Actor of)
    {
        var socket = await ChatSocket.Open(reader);
        await socket.Acknowledged("presence.watch", null, ("user_ids", new[] { of.Id }));
        return socket;
    }

    [Fact]
    public async Task People_of_a_killed_node_are_gone_after_a_while_unless_they_are_elsewhere()
    {
        await using var one = await VezaServer.Start();
        await using var two = await VezaServer.Start(one.Premises, ("VEZA__PUBLIC_URL", one.Address));
        var (mira, jonas, davor) = (
            await Actor.Register(one, "mira"),
            await Actor.Register(one, "jonas"),
            await Actor.Register(two, "davor")
        );
        await using var hers = await ChatSocket.Open(mira);
        await using var third = await ChatSocket.Open(jonas);
        await using var his = await Watch(davor, mira);
        await his.Acknowledged("presence.watch", null, ("user_ids", new[] { mira.Id, jonas.Id }));
        await Until(his, mira, "online");
        await Until(his, jonas, "online");
        var before = Told(his, jonas).Length;
        await one.Kill();
        await using var moved = await ChatSocket.Open(two, jonas.AccessToken);
        await Until(his, mira, "offline");
        Assert.Equal("offline", await Status(davor, mira));
        Assert.Equal("online", await Status(davor, jonas));
        Assert.Empty(Told(his, jonas)[before..]);
    }

    [Fact]
    public async Task Without_redis_presence_is_unknown_and_never_wrong()
    {
        await using var redis = await OwnRedis.Start();
        await using var server = await VezaServer.Start(("VEZA__REDIS", redis.Address));
        var (mira, davor) = (await Actor.Register(server, "mira"), await Actor.Register(server, "davor"));
        await using var hers = await ChatSocket.Open(mira);
        // Whoever watches at the moment of her arrival may hear that she is not there yet.
        await Eventually.True("she has arrived", async () => await Status(davor, mira) == "online");
        await using var his = await Watch(davor, mira);
        await Until(his, mira, "online");
        await redis.Kill();
        await Until(his, mira, "unknown");
        Assert.Equal("unknown", await Status(davor, mira));
        await redis.Run();
        await Until(his, mira, "online");
        Assert.Equal("online", await Status(davor, mira));
        Assert.DoesNotContain("offline", Told(his, mira));

        await redis.Freeze();
        await Until(his, mira, "unknown");
        await redis.Thaw();
        await Until(his, mira, "online");
        Assert.DoesNotContain("offline", Told(his, mira));
    }
}
