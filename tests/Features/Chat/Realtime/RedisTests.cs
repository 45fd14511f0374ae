using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Redis;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Realtime;

/// <summary>
/// What is between the nodes: a cluster, a single Redis, an old one; one that restarts and one that is frozen.
/// </summary>
public sealed class RedisTests
{
    private const int Said = 20,
        RoundsMax = 4;
    private static readonly TimeSpan SlowerMax = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task On_a_cluster_each_room_is_carried_by_the_master_of_its_slot_also_after_a_restart()
    {
        await using var cluster = await RedisCluster.Start();
        await using var stage = await Stage.Set(("VEZA__REDIS", cluster.Address));
        await using var hers = await ChatSocket.Open(stage.Mira);
        await using var his = await ChatSocket.Open(stage.Davor);
        var rooms = new List<Guid>();
        for (var i = 0; i < 12; i++)
            rooms.Add(await stage.Room($"Cluster {i}"));
        foreach (var room in rooms)
        {
            await hers.Subscribe(room);
            await his.Subscribe(room);
        }

        foreach (var room in rooms)
        {
            await Stage.HearsByRedis(hers, his, room);
            for (var i = 1; i <= 3; i++)
                await hers.Say(room, $"{i}", $"message {i}");
            await his.Saw(room, 3);
            Assert.Equal(Stage.Upto(3), his.Seqs(room));
        }

        var channels = await Channels(cluster);
        Assert.Equal(rooms.Count, channels.Sum());
        Assert.True(channels.Count(n => n > 0) >= 2, string.Join(' ', channels));

        // The one that has the first room goes and comes back, empty.
        var master = await MasterOf(cluster, rooms[0]);
        await master.Kill();
        await hers.Say(rooms[0], "4", "message 4");
        await his.Saw(rooms[0], 4);
        await master.Run();
        await Stage.HearsByRedis(hers, his, rooms[0]);
        foreach (var room in rooms)
            await Stage.HearsByRedis(hers, his, room);
        Assert.Equal(Stage.Upto(4), his.Seqs(rooms[0]));
    }

    [Fact]
    public async Task Limits_are_shared_on_a_cluster_too()
    {
        await using var cluster = await RedisCluster.Start();
        using var link = TestEnvironment.RedisAt(cluster.Address);
        using var other = TestEnvironment.RedisAt(cluster.Masters[2].Address);
        var (one, two) = (Tries(link), Tries(other));
        TryKey[] keys = [new(1, 2, true), new(2, 5, false)];
        Assert.Equal(-1, (await one.Take("a", keys, TimeSpan.FromMinutes(1)))!.Value.Refused);
        Assert.Equal(-1, (await two.Take("b", keys, TimeSpan.FromMinutes(1)))!.Value.Refused);
        Assert.Equal(0, (await one.Take("c", keys, TimeSpan.FromMinutes(1)))!.Value.Refused);
        Assert.Equal(1, await one.Count("failures", 7));
        Assert.Equal(2, await two.Count("failures", 7));
        var cleared = new TaskCompletionSource<UInt128>();
        await two.Hear(id => cleared.TrySetResult(id));
        await one.Clear([1]);
        Assert.Equal<UInt128>(1, await cleared.Task.WaitAsync(Eventually.DeadlineMax));
        Assert.Equal(-1, (await two.Take("d", keys, TimeSpan.FromMinutes(1)))!.Value.Refused);

        static SharedTries Tries(RedisLink link) => new(link, TimeProvider.System, NullLogger<SharedTries>.Instance);
    }

    [Fact]
    public async Task A_Redis_that_restarts_is_heard_again_and_nothing_is_missed_meanwhile()
    {
        await using var redis = await OwnRedis.Start();
        await using var stage = await Stage.Set(("VEZA__REDIS", redis.Address));
        var room = await stage.Room("Restart");
        await using var hers = await ChatSocket.Open(stage.Mira);
        await using var his = await ChatSocket.Open(stage.Davor);
        await hers.Subscribe(room);
        await his.Subscribe(room);
        await Stage.HearsByRedis(hers, his, room);
        for (var i = 1; i <= Said; i++)
            await hers.Say(room, $"{i}", $"message {i}");
        await redis.Kill();
        for (var i = 1; i <= Said; i++)
            await hers.Say(room, $"gone {i}", $"message {i}");
        await his.Saw(room, 2 * Said);
        // Who joins a room while Redis is away hears of it too, once it is back.
        var later = await stage.Room("Joined without Redis");
        await hers.Subscribe(later);
        await his.Subscribe(later);
        await redis.Run();
        await Stage.HearsByRedis(hers, his, room);
        await Stage.HearsByRedis(hers, his, later);
        for (var i = 1; i <= Said; i++)
            await hers.Say(room, $"back {i}", $"message {i}");
        await his.Saw(room, 3 * Said);
        Assert.Equal(Stage.Upto(3 * Said), his.Seqs(room));
    }

    [Fact]
    public async Task A_frozen_Redis_slows_nobody_down_who_says_something()
    {
        await using var redis = await OwnRedis.Start();
        await using var stage = await Stage.Set(("VEZA__REDIS", redis.Address));
        var room = await stage.Room("Frozen");
        await using var hers = await ChatSocket.Open(stage.Mira);
        await using var his = await ChatSocket.Open(stage.Davor);
        await hers.Subscribe(room);
        await his.Subscribe(room);
        await Stage.HearsByRedis(hers, his, room);
        // A machine that is busy may slow down either half; what waits for Redis is slower every time.
        var (said, slower) = (0, TimeSpan.MaxValue);
        for (var round = 1; round <= RoundsMax && slower >= SlowerMax; round++)
        {
            var well = await Saying(hers, room, $"well {round}");
            await redis.Freeze();
            slower = await Saying(hers, room, $"frozen {round}") - well;
            await his.Saw(room, said += 2 * Said);
            await redis.Thaw();
            await Stage.HearsByRedis(hers, his, room);
        }

        Assert.True(slower < SlowerMax, $"{slower.TotalMilliseconds:0.0} ms more");
        Assert.Equal(Stage.Upto(said), his.Seqs(room));
    }

    [Fact]
    public async Task A_Redis_before_7_carries_news_on_ordinary_channels()
    {
        // It knows no sharded commands, and says so by its version.
        await using var redis = await OwnRedis.Start(
            "--rename-command",
            "SSUBSCRIBE",
            "",
            "--rename-command",
            "SPUBLISH",
            "",
            "--rename-command",
            "SUNSUBSCRIBE",
            ""
        );
        await using var old = new OldRedis(redis);
        await using var stage = await Stage.Set(("VEZA__REDIS", old.Address));
        var room = await stage.Room("Old");
        await using var hers = await ChatSocket.Open(stage.Mira);
        await using var his = await ChatSocket.Open(stage.Davor);
        await hers.Subscribe(room);
        await his.Subscribe(room);
        await Stage.HearsByRedis(hers, his, room);
        await hers.Say(room, "1", "message 1");
        await his.Saw(room, 1);
        Assert.Contains($"veza:{{room:{room:N}}}", await redis.Ask("PUBSUB", "CHANNELS"), StringComparison.Ordinal);
    }

    /// <summary>The median time to an acknowledgement.</summary>
    /// <summary>The median of the time that a message takes.</summary>
    private static async Task<TimeSpan> Saying(ChatSocket socket, Guid room, string name)
    {
        var times = new List<TimeSpan>();
        for (var i = 1; i <= Said; i++)
        {
            var began = Stopwatch.GetTimestamp();
            await socket.Say(room, $"{name} {i}", $"message {i}");
            times.Add(Stopwatch.GetElapsedTime(began));
        }

        times.Sort();
        return times[Said / 2];
    }

    private static async Task<int[]> Channels(RedisCluster cluster) =>
        [
            .. (await cluster.AskAll("PUBSUB", "SHARDCHANNELS")).Select(said =>
                said.Split('\n').Count(line => line.Contains("veza:{room:", StringComparison.Ordinal))
            ),
        ];

    private static async Task<OwnRedis> MasterOf(RedisCluster cluster, Guid room)
    {
        var channels = await cluster.AskAll("PUBSUB", "SHARDCHANNELS");
        return cluster.Masters[Array.FindIndex(channels, said => said.Contains($"{room:N}", StringComparison.Ordinal))];
    }
}
