using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Presence;

/// <summary>Signals of typing: few, short-lived, and only from who may be seen there.</summary>
public sealed class TypingTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    private async Task<(Actor Mira, Actor Davor, Guid Room)> Room(string name)
    {
        var (mira, davor) = (await Actor.Register(server, "mira"), await Actor.Register(server, "davor"));
        var room = (await mira.Post("/api/v1/chat/rooms", new { Name = name }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        (await davor.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(200);
        return (mira, davor, room);
    }

    private static bool[] Told(ChatSocket socket) =>
        [.. socket.Frames.Where(f => f.Text("type") == "typing").Select(f => f.GetProperty("on").GetBoolean())];

    [Fact]
    public async Task Typing_on_is_told_once_in_a_while_and_off_only_where_it_is_shown()
    {
        var (mira, davor, room) = await Room("Typing pace");
        await using var hers = await ChatSocket.Open(mira);
        await using var his = await ChatSocket.Open(davor);
        await hers.Subscribe(room);
        await his.Subscribe(room);
        for (var i = 0; i < 5; i++)
            await his.Acknowledged("typing", room, ("on", true));
        for (var i = 0; i < 3; i++)
            await his.Acknowledged("typing", room, ("on", false));
        await his.Say(room, "1", "that was it");
        await hers.Saw(room, 1);
        Assert.Equal([true, false], Told(hers));
        Assert.Equal(8000, (await hers.Frame("typing")).Number("expires_in_ms"));
        Assert.Empty(Told(his));
    }

    [Fact]
    public async Task A_message_ends_it_without_a_word_and_a_socket_that_goes_with_one()
    {
        var (mira, davor, room) = await Room("Typing ends");
        await using var hers = await ChatSocket.Open(mira);
        var his = await ChatSocket.Open(davor);
        await hers.Subscribe(room);
        await his.Subscribe(room);
        await his.Acknowledged("typing", room, ("on", true));
        await his.Say(room, "1", "said");
        await his.Acknowledged("typing", room, ("on", false));
        await hers.Saw(room, 1);
        await hers.Acknowledged("ping");
        Assert.Equal([true], Told(hers));
        await his.Acknowledged("typing", room, ("on", true));
        await his.DisposeAsync();
        await Eventually.True(
            "his going ends it",
            () => Task.FromResult(Told(hers).SequenceEqual([true, true, false]))
        );
    }

    [Fact]
    public async Task Who_has_left_types_no_more_and_who_mutes_somebody_is_not_shown_it()
    {
        var (mira, davor, room) = await Room("Typing members");
        await using var hers = await ChatSocket.Open(mira);
        await using var his = await ChatSocket.Open(davor);
        await hers.Subscribe(room);
        await his.Subscribe(room);
        (await mira.Put($"/api/v1/users/{davor.Id}/mute")).Is(200);
        await his.Acknowledged("typing", room, ("on", true));
        await his.Acknowledged("typing", room, ("on", false));
        await his.Say(room, "1", "she still reads this");
        await hers.Saw(room, 1);
        Assert.Empty(Told(hers));
        (await mira.Delete($"/api/v1/users/{davor.Id}/mute")).Is(200);

        await server.Database.Execute("delete from room_member where room_id = $1 and account_id = $2", room, davor.Id);
        Assert.Equal("NOT_A_MEMBER", (await his.Ask("typing", room, ("on", true))).Text("error_code"));
        await hers.Say(room, "2", "fence");
        await hers.Saw(room, 2);
        Assert.Empty(Told(hers));
    }

    [Fact]
    public async Task Large_rooms_tell_of_nobody()
    {
        var (mira, davor, room) = await Room("Typing crowd");
        await server.Database.Execute("update room set member_count = 1001 where id = $1", room);
        await using var hers = await ChatSocket.Open(mira);
        await using var his = await ChatSocket.Open(davor);
        await hers.Subscribe(room);
        await his.Subscribe(room);
        await his.Acknowledged("typing", room, ("on", true));
        await his.Say(room, "1", "fence");
        await hers.Saw(room, 1);
        Assert.Empty(Told(hers));
    }
}
