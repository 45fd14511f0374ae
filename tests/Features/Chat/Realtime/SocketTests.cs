using System.Net;
using System.Net.WebSockets;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Realtime;

/// <summary>The socket, on one node.</summary>
public sealed class SocketTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    private async Task<(Actor Mira, Actor Davor, Guid Room)> Room(string name)
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var room = (await mira.Post("/api/v1/chat/rooms", new { Name = $"{name} of {mira.Username}" }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        (await davor.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(200);
        return (mira, davor, room);
    }

    [Fact]
    public async Task What_is_said_over_socket_and_http_reaches_everybody_once_and_in_order()
    {
        var (mira, davor, room) = await Room("Order");
        await using var hers = await ChatSocket.Open(mira);
        await using var his = await ChatSocket.Open(server, davor.AccessToken, asBrowser: true);
        await hers.Subscribe(room);
        await his.Subscribe(room);
        for (var i = 0; i < 20; i++)
        {
            var ack = await hers.Say(room, $"s{i}", $"socket {i}");
            Assert.Equal(2 * i + 1, ack.GetProperty("message").Number("seq"));
            (
                await davor.Post(
                    $"/api/v1/chat/rooms/{room}/messages",
                    new { ClientId = $"p{i}", Content = $"post {i}" }
                )
            ).Is(201);
        }

        foreach (var socket in new[] { hers, his })
        {
            await socket.Saw(room, 40);
            Assert.Equal(Enumerable.Range(1, 40).Select(i => (long)i), socket.Seqs(room));
        }
    }

    [Fact]
    public async Task Resuming_gives_the_missed_messages_first_each_once()
    {
        var (mira, davor, room) = await Room("Resume");
        await using var hers = await ChatSocket.Open(mira);
        await hers.Subscribe(room);
        for (var i = 1; i <= 10; i++)
            await hers.Say(room, $"{i}", $"message {i}");

        await using var his = await ChatSocket.Open(davor);
        var ack = await his.Subscribe(room, afterSeq: 4);
        Assert.Equal(10, ack.Number("last_seq"));
        var resumed = await his.Frame("resumed");
        Assert.Equal(
            (true, 5, 10),
            (resumed.GetProperty("recovered").GetBoolean(), resumed.Number("from_seq"), resumed.Number("to_seq"))
        );
        await hers.Say(room, "11", "live again");
        await his.Saw(room, 11);
        Assert.Equal(Enumerable.Range(5, 7).Select(i => (long)i), his.Seqs(room));

        // Somebody who claims to have seen what was never said is told so.
        await using var ahead = await ChatSocket.Open(davor);
        await ahead.Subscribe(room, afterSeq: 1000);
        Assert.False((await ahead.Frame("resumed")).GetProperty("recovered").GetBoolean());
    }

    [Fact]
    public async Task Too_much_missed_is_told_and_not_pretended()
    {
        var (_, davor, room) = await Room("Long absence");
        await server.Database.Execute(
            """
            insert into message (id, room_id, seq, client_id, author_id, content)
            select gen_random_uuid(), $1, n, n::text, $2, 'old' from generate_series(1, 1001) n
            """,
            room,
            davor.Id
        );
        await server.Database.Execute("update room set last_seq = 1001 where id = $1", room);
        await using var his = await ChatSocket.Open(davor);
        await his.Subscribe(room, afterSeq: 0);
        Assert.False((await his.Frame("resumed")).GetProperty("recovered").GetBoolean());
        Assert.Empty(his.Seqs(room));
        await his.Say(room, "new", "new");
        await his.Saw(room, 1002);
    }

    [Fact]
    public async Task Many_long_messages_missed_are_told_and_the_connection_lives()
    {
        var (_, davor, room) = await Room("Long messages");
        await server.Database.Execute(
            """
            insert into message (id, room_id, seq, client_id, author_id, content)
            select gen_random_uuid(), $1, n, n::text, $2, repeat('ш', 4000) from generate_series(1, 300) n
            """,
            room,
            davor.Id
        );
        await server.Database.Execute("update room set last_seq = 300 where id = $1", room);
        await using var his = await ChatSocket.Open(davor);
        await his.Subscribe(room, afterSeq: 0);
        Assert.False((await his.Frame("resumed")).GetProperty("recovered").GetBoolean());
        await his.Subscribe(room, afterSeq: 260);
        await his.Saw(room, 300);
        Assert.Equal(Enumerable.Range(261, 40).Select(i => (long)i), his.Seqs(room));
    }

    [Fact]
    public async Task A_bad_frame_is_an_error_and_the_connection_lives()
    {
        var (mira, davor, room) = await Room("Bad frames");
        var secret = (await mira.Post("/api/v1/chat/rooms", new { Name = "Secret", Visibility = "private" }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        await using var his = await ChatSocket.Open(davor);
        await his.SendText("not json");
        await his.SendText("[1,2]");
        await his.SendText("{\"type\":5}");
        await his.SendText("{\"no\":\"type\"}");
        await his.SendBytes([1, 2, 3], WebSocketMessageType.Binary);
        await his.SendText("{\"type\":\"ping\",\"ref\":\"" + new string('x', 200_000) + "\"}");
        await Eventually.True("six errors", () => Task.FromResult(his.Frames.Length == 6));
        Assert.Equal(
            ["FRAME_INVALID", "FRAME_INVALID", "FRAME_INVALID", "FRAME_INVALID", "FRAME_INVALID", "FRAME_TOO_LARGE"],
            his.Frames.Select(f => f.Text("error_code"))
        );

        Assert.Equal("FRAME_TYPE_UNKNOWN", (await his.Ask("make.coffee", room)).Text("error_code"));
        Assert.Equal("FRAME_INVALID", (await his.Ask("subscribe", null, ("room_id", 7))).Text("error_code"));
        Assert.Equal("VALIDATION_ERROR", (await his.Ask("subscribe")).Text("error_code"));
        Assert.Equal("ROOM_NOT_FOUND", (await his.Ask("subscribe", Guid.CreateVersion7())).Text("error_code"));
        Assert.Equal("ROOM_NOT_FOUND", (await his.Ask("subscribe", secret)).Text("error_code"));
        Assert.Equal(
            "ROOM_NOT_FOUND",
            (await his.Ask("message.send", secret, ("client_id", "1"), ("content", "hi"))).Text("error_code")
        );
        Assert.Equal("NOT_SUBSCRIBED", (await his.Ask("typing", room, ("on", true))).Text("error_code"));
        Assert.Equal("NOT_SUBSCRIBED", (await his.Ask("unsubscribe", room)).Text("error_code"));
        Assert.Equal(
            "CHARACTER_REFUSED",
            (await his.Ask("message.send", room, ("client_id", "1"), ("content", "a\0b"))).Text("error_code")
        );
        await his.Acknowledged("ping");
    }

    [Fact]
    public async Task Nobody_gets_in_without_a_token_the_protocol_and_an_origin_of_ours()
    {
        var davor = await server.Register("davor");
        Assert.Equal(HttpStatusCode.Unauthorized, await Refused(() => ChatSocket.Open(server, null)));
        Assert.Equal(HttpStatusCode.Unauthorized, await Refused(() => ChatSocket.Open(server, "forged")));
        Assert.Equal(
            HttpStatusCode.BadRequest,
            await Refused(() => ChatSocket.Open(server, davor.AccessToken, protocols: ["some.other"]))
        );
        Assert.Equal(
            HttpStatusCode.Forbidden,
            await Refused(() => ChatSocket.Open(server, davor.AccessToken, origin: "https://evil.example"))
        );
        await using var ours = await ChatSocket.Open(server, davor.AccessToken, origin: server.Address);
        (await davor.Get("/api/v1/chat/ws")).Is(426, "UPGRADE_REQUIRED");

        static async Task<HttpStatusCode?> Refused(Func<Task<ChatSocket>> open) =>
            (await Assert.ThrowsAsync<HttpRequestException>(open)).StatusCode;
    }

    [Fact]
    public async Task Typing_and_coming_and_going_are_heard_by_the_others()
    {
        var (mira, davor, room) = await Room("Typing");
        await using var hers = await ChatSocket.Open(mira);
        await using var his = await ChatSocket.Open(davor);
        await hers.Subscribe(room);
        await his.Subscribe(room);
        await his.Acknowledged("typing", room, ("on", true));
        Assert.Equal(davor.Username, (await hers.Frame("typing")).Text("username"));
        (await davor.Delete($"/api/v1/chat/rooms/{room}/members/me")).Is(200);
        Assert.Equal(davor.Id, (await hers.Frame("member.left")).GetProperty("user_id").GetGuid());

        // Who has left hears nothing any more.
        await hers.Say(room, "after", "is he gone?");
        await his.Acknowledged("ping");
        Assert.Empty(his.Seqs(room));
        Assert.DoesNotContain(his.Frames, f => f.Text("type") == "typing");
    }

    [Fact]
    public async Task A_flood_of_frames_ends_with_4029()
    {
        var (_, davor, _) = await Room("Flood");
        await using var his = await ChatSocket.Open(davor);
        try
        {
            for (var i = 0; i < 5000; i++)
                await his.SendText("{\"type\":\"ping\"}");
        }
        catch (WebSocketException)
        {
            // The server has had enough before we have.
        }

        Assert.Equal(4029, await his.Closed);
    }

    [Fact]
    public async Task A_socket_ends_with_4001_when_its_token_does()
    {
        await using var shortLived = await VezaServer.Start(server.Premises, ("VEZA__AUTH__ACCESS_TOKEN_S", "60"));
        // A minute is the shortest life of a token: this one was issued by a clock that is 50 seconds slow.
        var keyring = await server.Premises.Keyring(new ShiftedClock(TimeSpan.FromSeconds(-50)));
        using var tokens = new Veza.Infrastructure.Security.AccessTokens(
            keyring,
            new Veza.Infrastructure.Security.Revocations(TimeProvider.System),
            server.Premises.Settings(("VEZA__AUTH__ACCESS_TOKEN_S", "60"), ("VEZA__PUBLIC_URL", shortLived.Address))
        );
        var davor = await server.Register("davor");
        await using var his = await ChatSocket.Open(
            shortLived,
            tokens.Issue(new(davor.Id, Guid.CreateVersion7(), davor.Username, ["user"], DateTime.UtcNow, 0, 0))
        );
        Assert.Equal(4001, await his.Closed);
    }

    [Fact]
    public async Task A_stopping_server_says_1012_and_when_to_come_back()
    {
        await using var leaving = await VezaServer.Start(server.Premises);
        var davor = await Actor.Register(leaving, "davor");
        await using var his = await ChatSocket.Open(davor);
        await his.Acknowledged("ping");
        Assert.Equal(0, await leaving.Stop());
        Assert.Equal(1012, await his.Closed);
        Assert.InRange((await his.Frame("notice")).Number("reconnect_after_ms"), 500, 5000);
    }
}
