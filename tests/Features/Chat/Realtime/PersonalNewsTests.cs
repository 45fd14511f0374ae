using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Realtime;

/// <summary>What concerns one person alone reaches every socket of theirs, on each node, and nobody else.</summary>
public sealed class PersonalNewsTests
{
    [Fact]
    public async Task A_conversation_a_joined_room_and_an_invitation_are_told_to_their_person_on_every_node()
    {
        await using var stage = await Stage.Set();
        var (mira, davor) = (stage.Mira, stage.Davor);
        var tove = await Actor.Register(stage.Two, "tove");
        await using var here = await ChatSocket.Open(stage.One, davor.AccessToken);
        await using var there = await ChatSocket.Open(stage.Two, davor.AccessToken);
        await using var hers = await ChatSocket.Open(stage.Two, mira.AccessToken);
        await using var stranger = await ChatSocket.Open(stage.Two, tove.AccessToken);
        ChatSocket[] his = [here, there];

        // Redis carries it alone: until it does, it is said again.
        await Eventually.True(
            "his node listens",
            async () =>
            {
                var created = (await davor.Post("/api/v1/chat/rooms", new { Name = $"Room {Guid.CreateVersion7()}" }))
                    .Is(201)
                    .Data.GetProperty("id")
                    .GetGuid();
                await Task.Delay(50);
                return his.All(socket => Heard(socket, "room.entered").Contains(created));
            }
        );
        var conversation = (await mira.Post($"/api/v1/chat/dm/{davor.Id}", new { ClientId = "1", Content = "hello" }))
            .Is(201)
            .Data.GetProperty("room_id")
            .GetGuid();
        await Hear("room.entered", conversation, here, there, hers);
        (await mira.Post($"/api/v1/chat/dm/{davor.Id}", new { ClientId = "2", Content = "are you there?" })).Is(201);

        var room = (await mira.Post("/api/v1/chat/rooms", new { Name = "Back room", Visibility = "private" }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        (await mira.Post($"/api/v1/chat/rooms/{room}/invites", new { UserId = davor.Id })).Is(201);
        await Hear("invite.created", room, here, there);
        (await davor.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(200);
        await Hear("room.entered", room, here, there, hers);

        // An invitation that is not shown is not told either; what comes after it is.
        var (unwelcome, later) = (await Private(mira), await Private(mira));
        (await tove.Put($"/api/v1/users/{mira.Id}/block")).Is(200);
        (await mira.Post($"/api/v1/chat/rooms/{unwelcome}/invites", new { UserId = tove.Id })).Is(201);
        (await tove.Delete($"/api/v1/users/{mira.Id}/block")).Is(200);
        (await mira.Post($"/api/v1/chat/rooms/{later}/invites", new { UserId = tove.Id })).Is(201);
        await Hear("invite.created", later, stranger);
        Assert.Equal([later], Heard(stranger, "invite.created"));
        Assert.Empty(Heard(stranger, "room.entered"));
        Assert.Equal(1, Heard(here, "room.entered").Count(id => id == conversation));
    }

    private static async Task<Guid> Private(Actor owner) =>
        (await owner.Post("/api/v1/chat/rooms", new { Name = $"Room {Guid.CreateVersion7()}", Visibility = "private" }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();

    private static Guid[] Heard(ChatSocket socket, string type) =>
        [.. socket.Frames.Where(f => f.Text("type") == type).Select(f => f.GetProperty("room_id").GetGuid())];

    private static async Task Hear(string type, Guid room, params ChatSocket[] sockets)
    {
        foreach (var socket in sockets)
            await Eventually.True($"{type} of {room} came", () => Task.FromResult(Heard(socket, type).Contains(room)));
    }
}
