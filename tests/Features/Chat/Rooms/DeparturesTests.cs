using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Rooms;

/// <summary>
/// Who is put out of a room hears nothing more of it on any node, whether the nodes can talk to each other or not.
/// </summary>
public sealed class DeparturesTests
{
    private const string NoRedis = "127.0.0.1:1";

    private static Task<VezaServer> Second(VezaServer first, params (string, string)[] settings) =>
        VezaServer.Start(first.Premises, [("VEZA__PUBLIC_URL", first.Address), .. settings]);

    [Fact]
    public async Task A_kick_and_a_deletion_on_one_node_end_subscriptions_on_another()
    {
        await using var one = await VezaServer.Start();
        await using var two = await Second(one);
        await Hold(one, two);
    }

    [Fact]
    public async Task Without_redis_they_do_a_little_later()
    {
        await using var one = await VezaServer.Start(("VEZA__REDIS", NoRedis));
        await using var two = await Second(one, ("VEZA__REDIS", NoRedis));
        await Hold(one, two);
    }

    private static async Task Hold(VezaServer one, VezaServer two)
    {
        var (mira, davor, ilir) = (
            await Actor.Register(one, "mira"),
            await Actor.Register(two, "davor"),
            await Actor.Register(two, "ilir")
        );
        var room = await RoomStage.Open(mira, "Two nodes", davor, ilir);
        await using var hers = await ChatSocket.Open(mira);
        await using var his = await ChatSocket.Open(davor);
        await using var others = await ChatSocket.Open(ilir);
        foreach (var socket in new[] { hers, his, others })
            await socket.Subscribe(room);
        await hers.Say(room, "1", "everybody");
        await his.Saw(room, 1);
        (await mira.Delete($"/api/v1/chat/rooms/{room}/members/{davor.Id}")).Is(200);
        Assert.Equal(davor.Id, (await his.Frame("member.left")).GetProperty("user_id").GetGuid());
        await hers.Say(room, "2", "without him");
        await others.Saw(room, 2);
        await his.Acknowledged("ping");
        Assert.Equal([1], his.Seqs(room));

        // Banned while away: nothing is given at the next subscribe either.
        (await mira.Put($"/api/v1/chat/rooms/{room}/bans/{davor.Id}")).Is(200);
        Assert.Equal("NOT_A_MEMBER", (await his.Ask("subscribe", room, ("after_seq", 0))).Text("error_code"));

        (await mira.Delete($"/api/v1/chat/rooms/{room}")).Is(200);
        foreach (var socket in new[] { hers, others })
            Assert.Equal(room, (await socket.Frame("room.deleted")).GetProperty("room_id").GetGuid());
        await his.Acknowledged("ping");
        Assert.Empty(his.Of("room.deleted"));
        Assert.Single(his.Of("member.left"));
    }

    [Fact]
    public async Task Among_thousands_of_departures_none_is_passed_by()
    {
        await using var one = await VezaServer.Start();
        var (mira, davor) = (await Actor.Register(one, "mira"), await Actor.Register(one, "davor"));
        var room = await RoomStage.Open(mira, "Many leave", davor);
        await using var his = await ChatSocket.Open(davor);
        await his.Subscribe(room);
        // As another node would write it of which no news comes through; dated before and after his.
        await one.Database.Execute(
            """
            insert into room_departure (room_id, account_id, at)
              select gen_random_uuid(), gen_random_uuid(), now() - n * interval '1 millisecond'
              from generate_series(1, 2500) n
            """
        );
        await one.Database.Execute("delete from room_member where room_id = $1 and account_id = $2", room, davor.Id);
        await one.Database.Execute(
            """
            insert into room_departure (room_id, account_id) select gen_random_uuid(), gen_random_uuid()
              from generate_series(1, 2500)
            """
        );
        Assert.Equal(davor.Id, (await his.Frame("member.left")).GetProperty("user_id").GetGuid());
        (await RoomStage.Post(mira, room, "1")).Is(201);
        await his.Acknowledged("ping");
        Assert.Empty(his.Seqs(room));
    }

    [Fact]
    public async Task Who_comes_back_at_once_goes_on_hearing()
    {
        await using var one = await VezaServer.Start();
        var (mira, davor) = (await Actor.Register(one, "mira"), await Actor.Register(one, "davor"));
        var room = await RoomStage.Open(mira, "Back at once", davor);
        (await mira.Delete($"/api/v1/chat/rooms/{room}/members/{davor.Id}")).Is(200);
        await RoomStage.Join(davor, room);
        await using var his = await ChatSocket.Open(davor);
        await his.Subscribe(room);
        // Somebody else's departure shows that the node has read past his.
        var ilir = await Actor.Register(one, "ilir");
        await RoomStage.Join(ilir, room);
        await using var last = await ChatSocket.Open(ilir);
        await last.Subscribe(room);
        await one.Database.Execute("delete from room_member where room_id = $1 and account_id = $2", room, ilir.Id);
        Assert.Equal(ilir.Id, (await last.Frame("member.left")).GetProperty("user_id").GetGuid());
        (await RoomStage.Post(mira, room, "1")).Is(201);
        await his.Saw(room, 1);
    }
}
