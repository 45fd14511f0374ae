using System.Collections.Concurrent;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Realtime;

/// <summary>Two nodes, Redis between them, and what happens when one of the three goes away.</summary>
public sealed class ManyNodesTests
{
    private static async Task<(Actor Mira, Actor Davor, Guid Room)> Room(VezaServer one, VezaServer two)
    {
        var (mira, davor) = (await Actor.Register(one, "mira"), await Actor.Register(two, "davor"));
        var room = (await mira.Post("/api/v1/chat/rooms", new { Name = $"Room of {mira.Username}" }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        (await davor.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(200);
        return (mira, davor, room);
    }

    // Both nodes carry one public URL, as behind a load balancer: it is the issuer of their tokens.
    private static Task<VezaServer> Second(VezaServer first) =>
        VezaServer.Start(first.Premises, ("VEZA__PUBLIC_URL", first.Address));

    [Fact]
    public async Task People_on_two_nodes_hear_each_other_once_and_in_order()
    {
        await using var one = await VezaServer.Start();
        await using var two = await Second(one);
        var (mira, davor, room) = await Room(one, two);
        await using var hers = await ChatSocket.Open(mira);
        await using var his = await ChatSocket.Open(davor);
        await hers.Subscribe(room);
        await his.Subscribe(room);
        await Task.WhenAll(
            Task.Run(async () =>
            {
                for (var i = 0; i < 50; i++)
                    await hers.Say(room, $"m{i}", $"mira {i}");
            }),
            Task.Run(async () =>
            {
                for (var i = 0; i < 50; i++)
                    await his.Say(room, $"d{i}", $"davor {i}");
            })
        );
        foreach (var socket in new[] { hers, his })
        {
            await socket.Saw(room, 100);
            Assert.Equal(Enumerable.Range(1, 100).Select(i => (long)i), socket.Seqs(room));
        }
    }

    [Fact]
    public async Task Without_redis_people_still_talk_and_still_hear_each_other()
    {
        await using var one = await VezaServer.Start(("VEZA__REDIS", "127.0.0.1:1"));
        await using var two = await VezaServer.Start(
            one.Premises,
            ("VEZA__PUBLIC_URL", one.Address),
            ("VEZA__REDIS", "127.0.0.1:1")
        );
        var (mira, davor, room) = await Room(one, two);
        await using var hers = await ChatSocket.Open(mira);
        await using var his = await ChatSocket.Open(davor);
        await hers.Subscribe(room);
        await his.Subscribe(room);
        for (var i = 0; i < 10; i++)
            await hers.Say(room, $"m{i}", $"mira {i}");
        await his.Saw(room, 10);
        Assert.Equal(Enumerable.Range(1, 10).Select(i => (long)i), his.Seqs(room));
        Assert.Equal("down", (await mira.Get("/health/ready")).Is(200).Data.Text("redis"));
    }

    [Fact]
    public async Task A_node_killed_in_a_burst_loses_and_doubles_nothing_that_was_acknowledged()
    {
        await using var one = await VezaServer.Start();
        await using var two = await Second(one);
        var (mira, davor, room) = await Room(one, two);
        await using var his = await ChatSocket.Open(davor);
        await his.Subscribe(room);

        var acknowledged = new ConcurrentDictionary<string, long>();
        for (var burst = 0; burst < 3; burst++)
        {
            await using var hers = await ChatSocket.Open(mira);
            var talking = Task.Run(async () =>
            {
                for (var i = 0; ; i++)
                {
                    var clientId = $"b{burst}-{i}";
                    acknowledged[clientId] = (await hers.Say(room, clientId, $"message {i}"))
                        .GetProperty("message")
                        .Number("seq");
                }
            });
            var wanted = acknowledged.Count + 40;
            await Eventually.True("she is in full flow", () => Task.FromResult(acknowledged.Count >= wanted));
            await one.Kill();
            await Assert.ThrowsAnyAsync<Exception>(() => talking);
            await one.Restart();

            // What she never heard of she sends again, and it is there once.
            await using var again = await ChatSocket.Open(mira);
            foreach (
                var (clientId, seq) in acknowledged
                    .Where(a => a.Key.StartsWith($"b{burst}-", StringComparison.Ordinal))
                    .OrderByDescending(a => a.Value)
                    .Take(5)
            )
                Assert.Equal(
                    seq,
                    (await again.Say(room, clientId, $"message {clientId.Split('-')[1]}"))
                        .GetProperty("message")
                        .Number("seq")
                );
        }

        var last = await one.Database.Scalar<long>("select last_seq from room where id = $1", room);
        var stored = await one.Database.Column(
            "select client_id || ' ' || seq from message where room_id = $1 order by seq",
            room
        );
        Assert.Equal(last, stored.Length);
        Assert.Equal(
            Enumerable.Range(1, (int)last),
            stored.Select(s => int.Parse(s.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture))
        );
        Assert.Subset(stored.ToHashSet(), acknowledged.Select(a => $"{a.Key} {a.Value}").ToHashSet());
        await his.Saw(room, last);
        Assert.Equal(Enumerable.Range(1, (int)last).Select(i => (long)i), his.Seqs(room));
    }
}
