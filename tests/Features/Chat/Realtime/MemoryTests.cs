using Veza.Tests.Features.Chat.Messages;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Realtime;

/// <summary>What a node keeps of a room in memory says what the messages say now.</summary>
public sealed class MemoryTests(MemoryTests.WithoutRedis node) : IClassFixture<MemoryTests.WithoutRedis>
{
    /// <summary>Without Redis, what is not read from PostgreSQL is read from the feed.</summary>
    public sealed class WithoutRedis : IAsyncLifetime
    {
        internal VezaServer Server { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Server = await VezaServer.Start(("VEZA__REDIS", "127.0.0.1:1"));

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }

    private static string[] Contents(ChatSocket socket) =>
        [
            .. socket
                .Frames.Where(f => f.Text("type") == "message.created")
                .Select(f => f.GetProperty("message"))
                .Select(m => $"{m.Number("seq")} {m.Text("content")}"),
        ];

    [Fact]
    public async Task Who_comes_back_is_given_an_edited_message_as_it_is_now()
    {
        var server = node.Server;
        var talk = await Talk.Begin(server, "public", "mira", "davor", "tove");
        var (mira, davor, tove) = (talk.Owner, talk.Guests[0], talk.Guests[1]);
        await using var listening = await talk.Listen(tove);
        var ids = new List<Guid>();
        for (var i = 1; i <= 3; i++)
            ids.Add(await talk.Say(mira, $"message {i}"));
        // It is read for the first one, and is in memory then: what the table says meanwhile without a change is not
        // seen.
        await Eventually.True(
            "the memory is asked",
            async () =>
            {
                await Resumed(["1 message 1", "2 message 2", "3 message 3"]);
                await server.Database.Execute("update message set content = 'message one' where id = $1", ids[0]);
                await using var again = await Back();
                await server.Database.Execute("update message set content = 'message 1' where id = $1", ids[0]);
                return Contents(again) is ["1 message 1", ..];
            }
        );
        (await Talk.Edit(mira, ids[1], "message two")).Is(200);
        await Talk.Frames(listening, "message.updated", 1);
        await Resumed(["1 message 1", "2 message two", "3 message 3"]);
        (await mira.Delete(Talk.Path(ids[2]))).Is(200);
        await Talk.Frames(listening, "message.deleted", 1);
        await Resumed(["1 message 1", "2 message two", "3 "]);

        async Task<ChatSocket> Back()
        {
            var socket = await ChatSocket.Open(davor);
            await socket.Subscribe(talk.Room, afterSeq: 0);
            await socket.Saw(talk.Room, 3);
            return socket;
        }

        async Task Resumed(string[] expected)
        {
            await using var socket = await Back();
            Assert.Equal(expected, Contents(socket));
        }
    }
}
