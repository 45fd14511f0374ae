using Npgsql;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Realtime;

/// <summary>Many who come back at once, as after a restart.</summary>
public sealed class ReturnTests
{
    private const int People = 200,
        Said = 300;

    [Fact]
    public async Task Many_who_come_back_at_once_share_one_reading()
    {
        await using var node = await VezaServer.Start(
            ("VEZA__REDIS", "127.0.0.1:1"),
            ("VEZA__SOCKETS__PERSON_MAX", "1000")
        );
        var mira = await Actor.Register(node, "mira");
        var room = (await mira.Post("/api/v1/chat/rooms", new { Name = "Herd" }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        await Say(mira, room, Said);
        await node.Restart();
        var before = await TuplesRead(node);
        var sockets = await Task.WhenAll(
            Enumerable
                .Range(0, People)
                .Select(async i =>
                {
                    var socket = await ChatSocket.Open(mira);
                    await socket.Subscribe(room, afterSeq: i % 10);
                    return socket;
                })
        );
        foreach (var (i, socket) in sockets.Index())
        {
            Assert.Equal(Stage.Upto(Said).Skip(i % 10), socket.Seqs(room));
            await socket.DisposeAsync();
        }

        // Statistics are written down when a connection has been idle for a while.
        await Eventually.True("the reading was counted", async () => await TuplesRead(node) > before);
        Assert.True(
            await TuplesRead(node) - before < People * Said / 4,
            $"{await TuplesRead(node) - before} tuples were read"
        );
    }

    [Fact]
    public async Task Who_listens_on_a_node_that_was_cut_off_for_long_is_told_to_read_and_stays_connected()
    {
        const int missed = 600;
        await using var one = await VezaServer.Start(("VEZA__REDIS", "127.0.0.1:1"));
        var direct = new NpgsqlConnectionStringBuilder(one.Premises.Database.ConnectionString);
        await using var line = new FaultProxy(new Uri($"http://{direct.Host}:{direct.Port}"));
        var through = new NpgsqlConnectionStringBuilder(direct.ConnectionString)
        {
            Host = "127.0.0.1",
            Port = line.Address.Port,
        };
        await using var two = await VezaServer.Start(
            one.Premises,
            ("VEZA__REDIS", "127.0.0.1:1"),
            ("VEZA__PUBLIC_URL", one.Address),
            ("VEZA__POSTGRES", through.ConnectionString)
        );
        var mira = await Actor.Register(one, "mira");
        var room = (await mira.Post("/api/v1/chat/rooms", new { Name = "Far away" }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        await using var hers = await ChatSocket.Open(one, mira.AccessToken);
        await using var far = await ChatSocket.Open(two, mira.AccessToken);
        await far.Subscribe(room);
        line.Cut();
        await Say(mira, room, missed);
        line.Mend();

        var told = await far.Frame("resumed");
        Assert.Equal((false, missed), (told.GetProperty("recovered").GetBoolean(), told.Number("to_seq")));
        await hers.Say(room, "next", "and on it goes");
        await far.Saw(room, missed + 1);
        Assert.Equal([missed + 1], far.Seqs(room));
        await far.Acknowledged("ping");
    }

    /// <summary>One socket may not send so many frames in a second.</summary>
    private static async Task Say(Actor who, Guid room, int count)
    {
        foreach (var part in Enumerable.Range(1, count).Chunk(100))
        {
            await using var socket = await ChatSocket.Open(who);
            await Task.WhenAll(part.Select(i => socket.Say(room, $"{i}", $"message {i}")));
        }
    }

    private static Task<long> TuplesRead(VezaServer node) =>
        node.Database.Scalar<long>(
            "select coalesce(sum(idx_tup_fetch + seq_tup_read), 0)::bigint from pg_stat_user_tables where "
                + "relname like 'message\\_%'"
        );
}
