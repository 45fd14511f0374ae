using System.Collections.Concurrent;
using Npgsql;
using Veza.Features.Chat.Messages;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Realtime;

/// <summary>
/// Messages are stored in batches: many in one transaction, each acknowledged on its own, none twice, none that is not
/// stored.
/// </summary>
public sealed class PostsTests(VezaServer server) : IClassFixture<VezaServer>
{
    private static Saying Says(Actor author, string clientId, string content, Guid? replyTo = null) =>
        new(Guid.CreateVersion7(), author.Id, new Draft(clientId, content, replyTo, null), MentionedPeople.None);

    private async Task<(Actor Mira, Actor Davor, Guid Room)> Room(string name)
    {
        var (mira, davor) = (await server.Register("mira"), await server.Register("davor"));
        var room = (await mira.Post("/api/v1/chat/rooms", new { Name = name }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        (await davor.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(200);
        return (mira, davor, room);
    }

    [Fact]
    public async Task Many_who_talk_at_once_share_commits_and_each_hears_of_their_own()
    {
        const int speakers = 20,
            each = 20;
        var (mira, davor, room) = await Room("Busy");
        await using var his = await ChatSocket.Open(davor);
        await his.Subscribe(room);
        var acknowledged = new ConcurrentDictionary<string, long>();
        await Task.WhenAll(
            Enumerable
                .Range(0, speakers)
                .Select(async s =>
                {
                    await using var socket = await ChatSocket.Open(mira);
                    for (var i = 0; i < each; i++)
                    {
                        var message = (await socket.Say(room, $"{s}-{i}", $"message {s}-{i}")).GetProperty("message");
                        Assert.Equal($"message {s}-{i}", message.Text("content"));
                        acknowledged[$"{s}-{i}"] = message.Number("seq");
                    }
                })
        );
        await his.Saw(room, speakers * each);
        Assert.Equal(Stage.Upto(speakers * each), his.Seqs(room));
        Assert.Equal(Stage.Upto(speakers * each), acknowledged.Values.Order());
        var stored = await server.Database.Column(
            "select client_id || ' ' || seq from message where room_id = $1",
            room
        );
        Assert.Equal(stored.ToHashSet(), acknowledged.Select(a => $"{a.Key} {a.Value}").ToHashSet());
        Assert.True(
            await server.Database.Scalar<long>(
                "select count(distinct xmin::text) from message where room_id = $1",
                room
            )
                < speakers * each * 3 / 4,
            "each message had a transaction of its own"
        );
    }

    [Fact]
    public async Task Of_messages_that_come_together_who_is_blocked_sees_the_places_and_everybody_else_all_of_them()
    {
        const int speakers = 10,
            each = 20;
        var (mira, davor, room) = await Room("Together");
        var nora = await server.Register("nora");
        (await nora.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(200);
        await server.Database.Execute(
            "insert into account_block (blocker_id, blocked_id) values ($1, $2)",
            davor.Id,
            nora.Id
        );
        await using var his = await ChatSocket.Open(davor);
        await his.Subscribe(room);
        await using var hers = await ChatSocket.Open(mira);
        await hers.Subscribe(room);
        await Task.WhenAll(
            Enumerable
                .Range(0, speakers)
                .Select(async s =>
                {
                    await using var socket = await ChatSocket.Open(s % 2 == 0 ? mira : nora);
                    for (var i = 0; i < each; i++)
                        await socket.Say(room, $"{s}-{i}", s % 2 == 0 ? "from mira" : "from nora");
                })
        );
        foreach (var (socket, unseen) in new[] { (his, each * speakers / 2), (hers, 0) })
        {
            await socket.Saw(room, speakers * each);
            Assert.Equal(Stage.Upto(speakers * each), socket.Seqs(room));
            var contents = socket
                .Frames.Where(f => f.Text("type") == "message.created")
                .Select(f => f.GetProperty("message").Text("content"))
                .ToLookup(content => content);
            Assert.Equal(
                (each * speakers / 2, (each * speakers / 2) - unseen, unseen),
                (contents["from mira"].Count(), contents["from nora"].Count(), contents[""].Count())
            );
        }
    }

    [Fact]
    public async Task The_same_client_id_many_times_at_once_says_it_once()
    {
        var (mira, _, room) = await Room("Impatient");
        var seqs = await Task.WhenAll(
            Enumerable
                .Range(0, 30)
                .Select(async i =>
                {
                    var reply = await mira.Post(
                        $"/api/v1/chat/rooms/{room}/messages",
                        new { ClientId = $"c{i % 3}", Content = $"message {i % 3}" }
                    );
                    return (Index: i % 3, Seq: reply.Data.GetProperty("seq").GetInt64());
                })
        );
        Each.Of(seqs.GroupBy(s => s.Index), same => Assert.Single(same.Select(s => s.Seq).Distinct()));
        Assert.Equal(
            ["1 c", "2 c", "3 c"],
            await server.Database.Column(
                "select seq || ' ' || left(client_id, 1) from message where room_id = $1 order by seq",
                room
            )
        );
        (
            await mira.Post($"/api/v1/chat/rooms/{room}/messages", new { ClientId = "c1", Content = "something else" })
        ).Is(409, "CLIENT_ID_REUSED");
    }

    [Fact]
    public async Task Who_may_not_say_it_costs_the_others_of_a_batch_nothing()
    {
        var (mira, davor, room) = await Room("Mixed");
        var stranger = await server.Register("jonas");
        var writer = new MessageWriter(server.Premises.Source);
        var first = Assert.Single(await writer.Append(room, [Says(mira, "1", "one")]));
        var rows = await writer.Append(
            room,
            [
                Says(stranger, "1", "from outside"),
                Says(davor, "1", "two"),
                Says(mira, "1", "one, again"),
                Says(davor, "2", "to nothing", Guid.CreateVersion7()),
                Says(mira, "2", "three", first.Id),
                Says(mira, "3", "four"),
            ]
        );
        Assert.Equal(["2 two", "3 three", "4 four"], rows.Select(row => $"{row.Seq} {row.Content}"));
        Assert.Equal(first.Id, rows[1].ReplyTo);
        Assert.Empty(await writer.Append(room, [Says(stranger, "2", "from outside")]));
        Assert.Equal(4, await server.Database.Scalar<long>("select last_seq from room where id = $1", room));
        Assert.Empty(await writer.Append(Guid.CreateVersion7(), [Says(mira, "4", "nowhere")]));
    }

    [Fact]
    public async Task Two_nodes_that_write_the_same_at_once_never_violate_a_key_nor_wait_for_each_other_for_good()
    {
        var (mira, davor, room) = await Room("Both");
        await Task.WhenAll(
            Enumerable
                .Range(0, 4)
                .Select(async node =>
                {
                    var writer = new MessageWriter(server.Premises.Source);
                    for (var i = 0; i < 25; i++)
                    {
                        await writer.Append(
                            room,
                            [
                                .. Enumerable
                                    .Range(0, 5)
                                    .Select(n => Says(n % 2 == 0 ? mira : davor, $"{i}-{n}", $"message {i}-{n}")),
                            ]
                        );
                        if (node == 0)
                            await server.Database.Execute(
                                "update room set last_change = last_change + 1 where id = $1",
                                room
                            );
                        if (node == 1)
                            (await davor.Delete($"/api/v1/chat/rooms/{room}/members/me")).Is(200);
                        if (node == 1)
                            (await davor.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(200);
                    }
                })
        );
        var last = await server.Database.Scalar<long>("select last_seq from room where id = $1", room);
        var stored = await server.Database.Column("select seq from message where room_id = $1 order by seq", room);
        Assert.Equal(Stage.Upto(last).Select(s => $"{s}"), stored);
        Assert.Equal(
            stored.Length,
            await server.Database.Scalar<long>(
                "select count(distinct (author_id, client_id)) from message where room_id = $1",
                room
            )
        );
        Assert.Equal(
            75,
            await server.Database.Scalar<long>(
                "select count(*) from message where room_id = $1 and author_id = $2",
                room,
                mira.Id
            )
        );
    }

    [Fact]
    public async Task A_client_id_of_last_month_is_known()
    {
        var (mira, _, room) = await Room("Months");
        await server.Database.Execute(
            """
            select make_message_partition(date_trunc('month', now() - make_interval(days => n), 'UTC'))
              from unnest(array[29, 33]) n
            """
        );
        foreach (var (days, seq) in new[] { (33, 1), (29, 2) })
            await server.Database.Execute(
                """
                insert into message (id, room_id, seq, client_id, author_id, content, created_at)
                select overlay(gen_random_uuid()::text placing left(uuid_at(at)::text, 13) from 1 for 13)::uuid, $1, $2, 'days ' || $3::int, $4, 'said', at from (select now() - make_interval(days => $3::int) as at) t
                """,
                room,
                (long)seq,
                days,
                mira.Id
            );
        await server.Database.Execute("update room set last_seq = 2 where id = $1", room);
        Assert.Equal(
            2,
            (await mira.Post($"/api/v1/chat/rooms/{room}/messages", new { ClientId = "days 29", Content = "said" }))
                .Is(200)
                .Data.Number("seq")
        );
        Assert.Equal(
            3,
            (await mira.Post($"/api/v1/chat/rooms/{room}/messages", new { ClientId = "days 33", Content = "said" }))
                .Is(201)
                .Data.Number("seq")
        );
    }

    [Fact]
    public async Task What_cannot_be_stored_is_an_error_in_time_and_is_never_acknowledged()
    {
        await using var premises = await TestEnvironment.Create();
        var direct = new NpgsqlConnectionStringBuilder(premises.Database.ConnectionString);
        await using var line = new FaultProxy(new Uri($"http://{direct.Host}:{direct.Port}"));
        var through = new NpgsqlConnectionStringBuilder(direct.ConnectionString)
        {
            Host = "127.0.0.1",
            Port = line.Address.Port,
        };
        await using var node = await VezaServer.Start(premises, ("VEZA__POSTGRES", through.ConnectionString));
        var mira = await Actor.Register(node, "mira");
        var room = (await mira.Post("/api/v1/chat/rooms", new { Name = "Cut" }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        var acknowledged = new ConcurrentDictionary<string, long>();
        var refused = 0;
        using var done = new CancellationTokenSource();
        var talking = Enumerable
            .Range(0, 8)
            .Select(async speaker =>
            {
                await using var socket = await ChatSocket.Open(mira);
                for (var i = 0; !done.IsCancellationRequested; i++)
                {
                    var answer = await socket.Ask(
                        "message.send",
                        room,
                        ("client_id", $"{speaker}-{i}"),
                        ("content", $"message {i}")
                    );
                    if (answer.Text("type") == "ack")
                        acknowledged[$"{speaker}-{i}"] = answer.GetProperty("message").Number("seq");
                    else if (answer.Text("error_code") == "UNAVAILABLE")
                        Interlocked.Increment(ref refused);
                    else
                        Assert.Fail(answer.ToString());
                }
            })
            .ToArray();
        for (var cut = 1; cut <= 3; cut++)
        {
            var (wanted, refusedBefore) = (acknowledged.Count + 50, refused);
            await Eventually.True("they are in full flow", () => Task.FromResult(acknowledged.Count >= wanted));
            line.Cut();
            await Eventually.True("they are told", () => Task.FromResult(Volatile.Read(ref refused) > refusedBefore));
            line.Mend();
        }

        var enough = acknowledged.Count + 50;
        await Eventually.True("they talk again", () => Task.FromResult(acknowledged.Count >= enough));
        await done.CancelAsync();
        await Task.WhenAll(talking);
        var stored = await premises.Database.Column(
            "select client_id || ' ' || seq from message where room_id = $1 order by seq",
            room
        );
        Assert.Subset(stored.ToHashSet(), acknowledged.Select(a => $"{a.Key} {a.Value}").ToHashSet());
        Assert.Equal(Stage.Upto(stored.Length).Select(s => $"{s}"), stored.Select(s => s.Split(' ')[1]));
    }
}
