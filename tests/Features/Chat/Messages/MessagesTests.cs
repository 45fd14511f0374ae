using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Messages;

/// <summary>Messages over HTTP.</summary>
public sealed class MessagesTests(Shared<VezaServer> shared) : IClassFixture<Shared<VezaServer>>
{
    private readonly VezaServer server = shared.It;

    private async Task<(Actor Mira, Guid Room)> Room(string name)
    {
        var mira = await server.Register("mira");
        return (
            mira,
            (await mira.Post("/api/v1/chat/rooms", new { Name = name })).Is(201).Data.GetProperty("id").GetGuid()
        );
    }

    private static Task<Reply> Post(Actor actor, Guid room, string clientId, string content) =>
        actor.Post($"/api/v1/chat/rooms/{room}/messages", new { ClientId = clientId, Content = content });

    [Fact]
    public async Task The_same_client_id_posts_once_and_takes_no_seq()
    {
        var (mira, room) = await Room("Once");
        var first = (await Post(mira, room, "a", "hello")).Is(201).Data;
        var again = (await Post(mira, room, "a", "hello")).Is(200).Data;
        Assert.Equal(first.GetProperty("id").GetGuid(), again.GetProperty("id").GetGuid());
        (await Post(mira, room, "a", "something else")).Is(409, "CLIENT_ID_REUSED");
        Assert.Equal(2, (await Post(mira, room, "b", "next")).Is(201).Data.Number("seq"));

        // Another author may use the same client_id.
        var davor = await server.Register("davor");
        (await davor.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(200);
        Assert.Equal(3, (await Post(davor, room, "a", "hello")).Is(201).Data.Number("seq"));
    }

    [Fact]
    public async Task Many_at_once_leave_no_gap_and_a_client_id_raced_is_one_message()
    {
        var (mira, room) = await Room("Race");
        var replies = await Task.WhenAll(
            Enumerable.Range(0, 60).Select(i => Post(mira, room, $"c{i % 40}", $"message {i % 40}"))
        );
        Assert.Equal(40, replies.Count(r => r.Status == 201));
        Assert.Equal(20, replies.Count(r => r.Status == 200));
        var seqs = await server.Database.Column("select seq from message where room_id = $1 order by seq", room);
        Assert.Equal(Enumerable.Range(1, 40).Select(i => $"{i}"), seqs);
    }

    [Fact]
    public async Task History_goes_backwards_forwards_and_around()
    {
        var (mira, room) = await Room("History");
        for (var i = 1; i <= 25; i++)
            (await Post(mira, room, $"h{i}", $"message {i}")).Is(201);
        var path = $"/api/v1/chat/rooms/{room}/messages";
        Assert.Equal(Enumerable.Range(16, 10), await Seqs($"{path}?limit=10", "before:16"));
        Assert.Equal(Enumerable.Range(6, 10), await Seqs($"{path}?limit=10&cursor=before:16", "before:6"));
        Assert.Equal(Enumerable.Range(1, 5), await Seqs($"{path}?limit=10&cursor=before:6", null));
        Assert.Equal(Enumerable.Range(6, 10), await Seqs($"{path}?limit=10&after=5", "after:15"));
        Assert.Equal(Enumerable.Range(21, 5), await Seqs($"{path}?limit=10&after=20", null));
        Assert.Equal(Enumerable.Range(10, 5), await Seqs($"{path}?limit=5&around=12", null));
        (await mira.Get($"{path}?limit=0")).Is(422, "VALIDATION_ERROR");
        (await mira.Get($"{path}?cursor=sideways:3")).Is(422, "VALIDATION_ERROR");
        Assert.Equal(
            ["limit INVALID_FORMAT"],
            (await mira.Get($"{path}?limit=ten")).Is(422, "VALIDATION_ERROR").FieldErrors
        );

        async Task<IEnumerable<int>> Seqs(string query, string? next)
        {
            var page = (await mira.Get(query)).Is(200);
            Assert.Equal(next, page.Json.GetProperty("meta").GetProperty("next_cursor").GetString());
            return page.Data.EnumerateArray().Select(m => (int)m.Number("seq"));
        }
    }

    [Fact]
    public async Task A_message_carries_its_author_its_reply_and_its_place_in_a_track()
    {
        var (mira, room) = await Room("Whole");
        var first = (await Post(mira, room, "1", "первое 🎧")).Is(201).Data;
        var track = Guid.CreateVersion7();
        var reply = (
            await mira.Post(
                $"/api/v1/chat/rooms/{room}/messages",
                new
                {
                    ClientId = "2",
                    Content = "here",
                    ReplyTo = first.GetProperty("id").GetGuid(),
                    TrackPosition = new { TrackId = track, PositionMs = 1500 },
                }
            )
        ).Is(201).Data;
        Assert.Equal("первое 🎧", first.Text("content"));
        Assert.Equal(mira.Username, reply.GetProperty("author").Text("username"));
        Assert.Equal(first.GetProperty("id").GetGuid(), reply.GetProperty("reply_to").GetGuid());
        Assert.Equal(
            (track, 1500),
            (
                reply.GetProperty("track_position").GetProperty("track_id").GetGuid(),
                reply.GetProperty("track_position").Number("position_ms")
            )
        );
        (
            await mira.Post(
                $"/api/v1/chat/rooms/{room}/messages",
                new
                {
                    ClientId = "3",
                    Content = "x",
                    ReplyTo = Guid.CreateVersion7(),
                }
            )
        ).Is(404, "MESSAGE_NOT_FOUND");
    }

    [Fact]
    public async Task What_cannot_be_posted_is_refused_by_field()
    {
        var (mira, room) = await Room("Refused");
        Assert.Equal(
            ["client_id REQUIRED", "content REQUIRED"],
            (await mira.Post($"/api/v1/chat/rooms/{room}/messages", new { })).Is(422, "VALIDATION_ERROR").FieldErrors
        );
        Assert.Equal(
            ["content TOO_LONG"],
            (await Post(mira, room, "l", new string('x', 4001))).Is(422, "VALIDATION_ERROR").FieldErrors
        );
        (await Post(mira, room, "z", "a\0b")).Is(400, "CHARACTER_REFUSED");
        (
            await mira.Post(
                $"/api/v1/chat/rooms/{room}/messages",
                new
                {
                    ClientId = "a",
                    Content = "x",
                    Attachments = new[] { "y" },
                }
            )
        ).Is(422, "VALIDATION_ERROR");
        Assert.Equal(0, await server.Database.Scalar<long>("select last_seq from room where id = $1", room));
    }
}
