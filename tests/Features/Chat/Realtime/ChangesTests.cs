using System.Text.Json;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Realtime;

/// <summary>
/// What happens to messages after they are posted, and who sees nothing of whom: whatever way it reaches a subscriber.
/// </summary>
public sealed class ChangesTests(VezaServer server) : IClassFixture<VezaServer>
{
    private async Task<(Actor Mira, Actor Davor, Guid Room)> Room(
        string name,
        string owner = "mira",
        string guest = "davor"
    )
    {
        var (mira, davor) = (await server.Register(owner), await server.Register(guest));
        var room = (await mira.Post("/api/v1/chat/rooms", new { Name = name }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        (await davor.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(200);
        return (mira, davor, room);
    }

    // As another node would do it of which no news comes through.
    private Task Change(Guid room, long seq, string content) =>
        server.Database.Execute(
            """
            with bumped as (update room set last_change = last_change + 1 where id = $1 returning last_change)
            update message set content = $3, edited_at = now(), change = bumped.last_change from bumped
              where room_id = $1
              and seq = $2
            """,
            room,
            seq,
            content
        );

    private Task Block(Actor one, Actor other) =>
        server.Database.Execute("insert into account_block (blocker_id, blocked_id) values ($1, $2)", one.Id, other.Id);

    private static string[] Contents(ChatSocket socket, string type) =>
        [
            .. socket
                .Frames.Where(f => f.Text("type") == type)
                .Select(f => f.GetProperty("message"))
                .Select(m => $"{m.Number("seq")} {m.Text("content")} {m.Number("change")}"),
        ];

    [Fact]
    public async Task A_change_that_nobody_told_of_is_found_and_given_once()
    {
        var (mira, davor, room) = await Room("Untold");
        await using var his = await ChatSocket.Open(davor);
        await his.Subscribe(room);
        await using var hers = await ChatSocket.Open(mira);
        for (var i = 1; i <= 3; i++)
            await hers.Say(room, $"{i}", $"message {i}");
        await Change(room, 2, "mended");
        await Change(room, 1, "mended too");
        await Eventually.True("both changes came", () => Task.FromResult(Contents(his, "message.updated").Length == 2));
        await hers.Say(room, "4", "message 4");
        await his.Saw(room, 4);
        Assert.Equal(["2 mended 1", "1 mended too 2"], Contents(his, "message.updated"));
    }

    [Fact]
    public async Task Who_was_away_learns_of_changes_to_what_they_had_seen()
    {
        var (mira, davor, room) = await Room("Away");
        await using var hers = await ChatSocket.Open(mira);
        for (var i = 1; i <= 4; i++)
            await hers.Say(room, $"{i}", $"message {i}");
        await Change(room, 1, "one");
        await Change(room, 2, "two");
        await Change(room, 1, "one again");
        await Change(room, 4, "four");

        await using var his = await ChatSocket.Open(davor);
        var ack = await his.Acknowledged("subscribe", room, ("after_seq", 3), ("after_change", 1));
        Assert.Equal((4, 4), (ack.Number("last_seq"), ack.Number("last_change")));
        Assert.True((await his.Frame("resumed")).GetProperty("recovered").GetBoolean());
        Assert.Equal(["4 four 4"], Contents(his, "message.created"));
        Assert.Equal(["2 two 2", "1 one again 3"], Contents(his, "message.updated"));
        Assert.Equal("VALIDATION_ERROR", (await his.Ask("subscribe", room, ("after_change", -1))).Text("error_code"));
    }

    [Fact]
    public async Task A_block_hides_messages_both_ways_and_leaves_no_gap()
    {
        var (mira, davor, room) = await Room("Blocked", "sunniva", "tove");
        var jonas = await server.Register("jonas");
        (await jonas.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(200);
        await Block(mira, davor);
        await using var hers = await ChatSocket.Open(mira);
        await using var his = await ChatSocket.Open(davor);
        await using var third = await ChatSocket.Open(jonas);
        foreach (var socket in new[] { hers, his, third })
            await socket.Subscribe(room);
        await hers.Say(room, "1", "from mira");
        await his.Say(room, "2", "from davor");
        await Change(room, 1, "from mira, mended");
        foreach (var socket in new[] { hers, his, third })
            await socket.Saw(room, 2);
        await Eventually.True("the change came", () => Task.FromResult(Contents(third, "message.updated").Length == 1));
        Assert.Equal(["1 from mira 0", "2 from davor 0"], Contents(third, "message.created"));
        Assert.Equal(["1 from mira 0", "2  0"], Contents(hers, "message.created"));
        Assert.Equal(["1  0", "2 from davor 0"], Contents(his, "message.created"));

        // Resumed, and read over HTTP.
        await using var again = await ChatSocket.Open(davor);
        await again.Acknowledged("subscribe", room, ("after_seq", 0), ("after_change", 0));
        Assert.Equal(["1  0", "2 from davor 0"], Contents(again, "message.created"));
        Assert.Empty(Contents(again, "message.updated"));
        var read = (await davor.Get($"/api/v1/chat/rooms/{room}/messages")).Is(200).Data.EnumerateArray().ToArray();
        Assert.Equal(
            ("", true, JsonValueKind.Null),
            (
                read[0].Text("content"),
                read[0].GetProperty("hidden").GetBoolean(),
                read[0].GetProperty("author").ValueKind
            )
        );
        Assert.Equal(("from davor", false), (read[1].Text("content"), read[1].GetProperty("hidden").GetBoolean()));
        Assert.Empty(Contents(his, "message.updated"));
    }

    [Fact]
    public async Task Messages_of_many_months_are_one_history_and_a_month_can_go()
    {
        var (mira, davor, room) = await Room("Years");
        await server.Database.Execute(
            """
            select make_message_partition(timestamptz '2024-05-01 00:00:00+00'),
              make_message_partition(timestamptz '2024-06-01 00:00:00+00')
            """
        );
        await server.Database.Execute(
            """
            insert into message (id, room_id, seq, client_id, author_id, content, created_at)
            select overlay(gen_random_uuid()::text placing left(uuid_at(at)::text, 13) from 1 for 13)::uuid, $1,
              row_number() over (order by at), at::text, $2, to_char(at, 'YYYY-MM'), at
              from (values (timestamptz '2023-01-10 00:00:00+00'), ('2024-05-10 00:00:00+00'),
                ('2024-05-31 23:59:59.999+00'), ('2024-06-01 00:00:00+00'), (now())) months(at)
            """,
            room,
            davor.Id
        );
        await server.Database.Execute("update room set last_seq = 5 where id = $1", room);
        Assert.Equal(["message_2024_05", "message_2024_05", "message_2024_06"], await Parts("seq between 2 and 4"));
        Assert.Equal(["message_rest"], await Parts("seq = 1"));
        Assert.Equal("1 2 3 4 5", await Seqs());

        // A month that nobody made in time takes what stands in the rest.
        await server.Database.Execute("select make_message_partition(timestamptz '2023-01-01 00:00:00+00')");
        Assert.Equal(["message_2023_01"], await Parts("seq = 1"));
        Assert.Equal("1 2 3 4 5", await Seqs());

        Assert.Equal(
            2,
            await server.Database.Scalar<int>("select drop_message_partitions(timestamptz '2024-06-01 00:00:00+00')")
        );
        Assert.Equal("4 5", await Seqs());
        await using var hers = await ChatSocket.Open(mira);
        await hers.Subscribe(room, afterSeq: 2);
        Assert.False((await hers.Frame("resumed")).GetProperty("recovered").GetBoolean());
        await hers.Say(room, "next", "goes on");
        await hers.Saw(room, 6);

        async Task<string[]> Parts(string which) =>
            await server.Database.Column(
                $"select tableoid::regclass::text from message where room_id = $1 and {which} order by seq",
                room
            );
        async Task<string> Seqs() =>
            string.Join(
                " ",
                (await mira.Get($"/api/v1/chat/rooms/{room}/messages"))
                    .Is(200)
                    .Data.EnumerateArray()
                    .Select(m => m.Number("seq"))
            );
    }
}
