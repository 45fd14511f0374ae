using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Realtime;

/// <summary>
/// The two ways on which frames leave: into the socket for who has spoken before anything was said to them, through
/// Kestrel's pipe for others.
/// </summary>
public sealed class OutputTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;
    private const int Messages = 100;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_stops_reading_for_a_while_gets_all_of_it_whole_and_in_order(bool speaksFirst)
    {
        var mira = await Actor.Register(server, "mira");
        var room = await Room(mira);
        using var raw = await RawSocket.Open(server.Port, mira.AccessToken, receiveBytes: 4096);
        if (!speaksFirst)
        {
            await Room(mira);
            await Heard(raw, "room.entered");
        }

        await raw.SendText($"{{\"type\":\"subscribe\",\"ref\":\"s\",\"room_id\":\"{room}\"}}");
        await Heard(raw, "ack");

        // More than the kernels hold, less than the queue does: the middle of a frame waits for who reads on.
        var content = string.Concat(Enumerable.Range(0, 1000).Select(n => $"{n:000} "))[..3999] + "!";
        foreach (var n in Enumerable.Range(1, Messages))
            (await mira.Post($"/api/v1/chat/rooms/{room}/messages", new { ClientId = $"{n}", Content = content })).Is(
                201
            );
        foreach (var n in Enumerable.Range(1, Messages))
        {
            var message = (await Heard(raw, "message.created")).GetProperty("message");
            Assert.Equal((n, content), (message.Number("seq"), message.Text("content")));
        }

        await raw.SendText("{\"type\":\"ping\",\"ref\":\"p\"}");
        Assert.Equal("p", (await Heard(raw, "ack")).Text("ref"));
    }

    private static async Task<Guid> Room(Actor owner) =>
        (await owner.Post("/api/v1/chat/rooms", new { Name = $"Room {Guid.CreateVersion7()}" }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();

    /// <summary>The next frame of the type; others may come before it.</summary>
    private static async Task<JsonElement> Heard(RawSocket raw, string type)
    {
        while (true)
        {
            var frame = await raw.Heard();
            Assert.Equal(1, frame?.Opcode);
            using var document = JsonDocument.Parse(frame!.Text);
            if (document.RootElement.Text("type") == type)
                return document.RootElement.Clone();
        }
    }
}
