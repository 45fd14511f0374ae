using System.Globalization;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Rooms;

/// <summary>Slow mode: one message for each member and span, whatever way and however many at once.</summary>
public sealed class SlowModeTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    private async Task<(Actor Mira, Actor Davor, Guid Room)> Slow(string name, int seconds)
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var room = await RoomStage.Open(mira, name, davor);
        (await mira.Put($"/api/v1/chat/rooms/{room}", new { SlowModeS = seconds })).Is(200);
        return (mira, davor, room);
    }

    [Fact]
    public async Task A_member_writes_once_in_a_while_and_is_told_how_long_to_wait()
    {
        var (mira, davor, room) = await Slow("Slow", 60);
        await using var his = await ChatSocket.Open(davor);
        await his.Subscribe(room);
        var first = (await RoomStage.Post(davor, room, "1")).Is(201).Data;
        Assert.InRange(
            int.Parse(
                (await RoomStage.Post(davor, room, "2")).Is(429, "SLOW_MODE").Header("Retry-After")!,
                CultureInfo.InvariantCulture
            ),
            1,
            60
        );
        var refused = await his.Ask("message.send", room, ("client_id", "2"), ("content", "again"));
        Assert.Equal("SLOW_MODE", refused.Text("error_code"));
        Assert.InRange(refused.Number("retry_after_s"), 1, 60);

        // The same message again is no other message; the owner is not slowed.
        Assert.Equal(
            first.GetProperty("id").GetGuid(),
            (await RoomStage.Post(davor, room, "1")).Is(200).Data.GetProperty("id").GetGuid()
        );
        for (var i = 0; i < 3; i++)
            (await RoomStage.Post(mira, room, $"m{i}")).Is(201);

        // Leaving and coming back is no way round it.
        (await davor.Delete($"/api/v1/chat/rooms/{room}/members/me")).Is(200);
        await RoomStage.Join(davor, room);
        (await RoomStage.Post(davor, room, "2")).Is(429, "SLOW_MODE");

        await server.Database.Execute(
            "update room_pace set spoke_at = spoke_at - interval '60 seconds' where room_id = $1",
            room
        );
        (await RoomStage.Post(davor, room, "2")).Is(201);
        (await mira.Put($"/api/v1/chat/rooms/{room}", new { SlowModeS = 0 })).Is(200);
        for (var i = 0; i < 3; i++)
            (await RoomStage.Post(davor, room, $"d{i}")).Is(201);
        Assert.Equal(8, await server.Database.Scalar<long>("select last_seq from room where id = $1", room));
    }

    [Fact]
    public async Task A_message_that_is_refused_costs_no_turn()
    {
        var (mira, davor, room) = await Slow("No turn", 60);
        (
            await davor.Post(
                $"/api/v1/chat/rooms/{room}/messages",
                new
                {
                    ClientId = "1",
                    Content = "x",
                    ReplyTo = Guid.CreateVersion7(),
                }
            )
        ).Is(404, "MESSAGE_NOT_FOUND");
        (await RoomStage.Post(davor, room, "1")).Is(201);

        // Nor does one that is there already, once the time is over.
        await server.Database.Execute(
            "update room_pace set spoke_at = spoke_at - interval '60 seconds' where room_id = $1",
            room
        );
        (await RoomStage.Post(davor, room, "1")).Is(200);
        (await RoomStage.Post(davor, room, "2")).Is(201);
        (await mira.Put($"/api/v1/chat/rooms/{room}/members/{davor.Id}/mute")).Is(200);
        await server.Database.Execute(
            "update room_pace set spoke_at = spoke_at - interval '60 seconds' where room_id = $1",
            room
        );
        (await RoomStage.Post(davor, room, "3")).Is(403, "MUTED");
        (await mira.Delete($"/api/v1/chat/rooms/{room}/members/{davor.Id}/mute")).Is(200);
        (await RoomStage.Post(davor, room, "3")).Is(201);
    }

    [Fact]
    public async Task Of_many_at_once_one_is_taken_for_each_member_and_no_seq_is_lost()
    {
        var (mira, davor, room) = await Slow("Many at once", 3600);
        var ilir = await server.Register("ilir");
        await RoomStage.Join(ilir, room);
        var tries = await Task.WhenAll(
            Enumerable.Range(0, 90).Select(i => RoomStage.Post(new[] { mira, davor, ilir }[i % 3], room, $"c{i}"))
        );
        Assert.Equal(30, tries.Where((_, i) => i % 3 == 0).Count(t => t.Status == 201));
        foreach (var member in new[] { 1, 2 })
        {
            var theirs = tries.Where((_, i) => i % 3 == member).ToArray();
            Assert.Single(theirs, t => t.Status == 201);
            Each.Of(theirs.Where(t => t.Status != 201), t => t.Is(429, "SLOW_MODE"));
        }

        Assert.Equal(
            Enumerable.Range(1, 32).Select(i => $"{i}"),
            await server.Database.Column("select seq from message where room_id = $1 order by seq", room)
        );
    }
}
