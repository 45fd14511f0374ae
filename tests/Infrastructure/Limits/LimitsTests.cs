using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Veza.Features.Auth;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Redis;
using Veza.Infrastructure.Security;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Limits;

/// <summary>Limits of nodes that share a real Redis, which is killed, frozen and emptied.</summary>
public sealed class LimitsTests : IAsyncLifetime
{
    private const int PerSubject = 4,
        PerAddress = 8,
        PerSubnet = 12;
    private readonly List<RedisLink> links = [];
    private OwnRedis redis = null!;
    private readonly string data = TestRun.NewFolder("data");

    public async ValueTask InitializeAsync() => redis = await OwnRedis.Start();

    public async ValueTask DisposeAsync()
    {
        foreach (var link in links)
            link.Dispose();
        await redis.DisposeAsync();
    }

    private sealed record Node(
        Veza.Infrastructure.Limits.Limits Limits,
        AttackGauge Attack,
        SharedTries Shared,
        TryTable Table
    )
    {
        internal async Task<bool> Takes(string subject, string address = "192.0.2.1", bool known = false)
        {
            using var slot = await Limits.Take(From(address), AuthPolicies.SignIn, subject, known);
            return slot.Refused is null;
        }

        internal async Task<int> RetryAfterS(string subject, string address = "192.0.2.1") =>
            (await Limits.Refuse(From(address), AuthPolicies.SignIn, subject))!.RetryAfterS!.Value;

        internal async Task<int> CountOf(int tries, string subject, string address = "192.0.2.1")
        {
            var taken = 0;
            for (var i = 0; i < tries; i++)
                taken += await Takes(subject, address) ? 1 : 0;
            return taken;
        }
    }

    private static DefaultHttpContext From(string address) =>
        new() { Connection = { RemoteIpAddress = IPAddress.Parse(address) } };

    private RedisLink NewLink()
    {
        var link = TestEnvironment.RedisAt(redis.Address);
        links.Add(link);
        return link;
    }

    private Node NewNode(int windowS = 900)
    {
        var settings = StatedSettings.Read(
            ("VEZA__REDIS", redis.Address),
            ("VEZA__LIMITS__SIGN_IN__PER_SUBJECT", $"{PerSubject}"),
            ("VEZA__LIMITS__SIGN_IN__PER_ADDRESS", $"{PerAddress}"),
            ("VEZA__LIMITS__SIGN_IN__PER_SUBNET", $"{PerSubnet}"),
            ("VEZA__LIMITS__SIGN_IN__WINDOW_S", $"{windowS}"),
            ("VEZA__LIMITS__ATTACK__FAILURES_PER_MINUTE", "20")
        );
        var master = MasterKey.Open(null, data);
        var link = NewLink();
        var table = new TryTable(TimeProvider.System);
        var shared = new SharedTries(link, TimeProvider.System, NullLogger<SharedTries>.Instance);
        var attack = new AttackGauge(shared, master, settings, TimeProvider.System, NullLogger<AttackGauge>.Instance);
        return new Node(
            new Veza.Infrastructure.Limits.Limits(table, shared, attack, master, settings, TimeProvider.System),
            attack,
            shared,
            table
        );
    }

    [Fact]
    public async Task Nodes_share_the_limit_of_an_account()
    {
        var (a, b) = (NewNode(), NewNode());
        Assert.Equal(3, await a.CountOf(3, "mira"));
        Assert.Equal(1, await b.CountOf(3, "mira"));
        Assert.False(await a.Takes("mira"));
        Assert.True(await b.Takes("davor"));
    }

    [Fact]
    public async Task An_address_is_limited_over_all_accounts_and_a_subnet_over_all_addresses()
    {
        var node = NewNode();
        var taken = 0;
        for (var i = 0; i < 20; i++)
            taken += await node.Takes($"account {i}", "192.0.2.1") ? 1 : 0;
        Assert.Equal(PerAddress, taken);
        for (var i = 0; i < 20; i++)
            taken += await node.Takes($"other {i}", $"192.0.2.{2 + i}") ? 1 : 0;
        Assert.Equal(PerSubnet, taken);
        Assert.True(await node.Takes("elsewhere", "198.51.100.1"));
    }

    [Fact]
    public async Task IPv6_is_counted_by_64_and_48_bits()
    {
        var node = NewNode();
        var taken = 0;
        for (var i = 0; i < 20; i++)
            taken += await node.Takes($"account {i}", $"2001:db8:1:1::{i:x}") ? 1 : 0;
        Assert.Equal(PerAddress, taken);
        for (var i = 0; i < 20; i++)
            taken += await node.Takes($"other {i}", $"2001:db8:1:{i + 2:x}::1") ? 1 : 0;
        Assert.Equal(PerSubnet, taken);
        Assert.True(await node.Takes("elsewhere", "2001:db8:2::1"));
    }

    [Fact]
    public async Task Fifty_parallel_tries_on_two_nodes_get_no_more_than_the_limit()
    {
        var (a, b) = (NewNode(), NewNode());
        await Task.WhenAll(a.Takes("warm a"), b.Takes("warm b"));
        var tries = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => (i % 2 == 0 ? a : b).Takes("mira")));
        Assert.Equal(PerSubject, tries.Count(taken => taken));
    }

    [Fact]
    public async Task The_limits_stand_when_Redis_dies_and_when_it_comes_back_empty()
    {
        var node = NewNode();
        Assert.Equal(PerSubject, await node.CountOf(6, "mira"));
        Assert.Equal(2, await node.CountOf(2, "davor"));
        await redis.Kill();
        Assert.False(await node.Takes("mira"));
        Assert.Equal(PerSubject - 2, await node.CountOf(6, "davor"));
        await redis.Run();
        Assert.False(await node.Takes("mira"));
        Assert.False(await node.Takes("davor"));
        Assert.Equal(0, await node.CountOf(6, "davor"));
    }

    [Fact]
    public async Task A_node_remembers_what_Redis_said_of_the_tries_on_other_nodes()
    {
        var (a, b) = (NewNode(), NewNode());
        Assert.Equal(PerSubject, await a.CountOf(6, "mira"));
        Assert.False(await b.Takes("mira"));
        await redis.Kill();
        Assert.False(await b.Takes("mira"));
        Assert.True(await b.Takes("davor"));
    }

    [Fact]
    public async Task A_frozen_Redis_holds_up_one_try_in_a_while_and_no_other()
    {
        var clock = new MovedClock();
        var shared = new SharedTries(NewLink(), clock, NullLogger<SharedTries>.Instance);
        TryKey[] keys = [new TryKey(1, PerSubject, true)];
        Assert.NotNull(await shared.Take("warm", keys, TimeSpan.FromMinutes(1)));
        await redis.Freeze();
        for (var i = 0; i < 2; i++)
        {
            var asking = shared.Take("asks", keys, TimeSpan.FromMinutes(1));
            if (i > 0)
                Assert.True(shared.Take("beside it", keys, TimeSpan.FromMinutes(1)).IsCompletedSuccessfully);
            Assert.Null(await asking);
            for (var n = 0; n < 10; n++)
                Assert.True(shared.Take("does not ask", keys, TimeSpan.FromMinutes(1)).IsCompletedSuccessfully);
            clock.Move(TimeSpan.FromSeconds(3));
        }
    }

    [Fact]
    public async Task The_time_to_wait_never_grows_and_is_enough()
    {
        var node = NewNode(windowS: 3);
        Assert.Equal(PerSubject, await node.CountOf(PerSubject, "mira"));
        var waits = new List<int>();
        while (await node.Limits.Refuse(From("192.0.2.1"), AuthPolicies.SignIn, "mira") is { } refused)
        {
            Assert.Equal("ACCOUNT_LOCKED", refused.Code);
            waits.Add(refused.RetryAfterS!.Value);
            await Task.Delay(50);
        }

        Assert.NotEmpty(waits);
        Assert.Equal(waits.OrderDescending(), waits);
        Assert.InRange(waits[0], 1, 3);
    }

    [Fact]
    public async Task A_good_try_is_given_back_on_every_node()
    {
        var (a, b) = (NewNode(), NewNode());
        for (var i = 0; i < 3 * PerAddress; i++)
        {
            using var slot = await (i % 2 == 0 ? a : b).Limits.Take(From("192.0.2.1"), AuthPolicies.SignIn, "mira");
            Assert.Null(slot.Refused);
            await slot.GiveBack();
        }

        Assert.Equal(PerSubject, await a.CountOf(6, "mira"));
    }

    [Fact]
    public async Task What_is_given_back_while_Redis_is_frozen_is_free_when_it_thaws()
    {
        var (a, b) = (NewNode(), NewNode());
        var slots = new List<TrySlot>();
        for (var i = 0; i < PerSubject; i++)
            slots.Add(await a.Limits.Take(From("192.0.2.1"), AuthPolicies.SignIn, "mira"));
        Each.Of(slots, slot => Assert.Null(slot.Refused));
        Assert.False(await b.Takes("mira"));
        await redis.Freeze();
        Assert.True(await a.Takes("davor", "203.0.113.1"));
        foreach (var slot in slots)
            await slot.GiveBack();
        await redis.Thaw();
        await Eventually.True(
            "the other node sees that there is room",
            async () =>
            {
                using var slot = await b.Limits.Take(From("192.0.2.1"), AuthPolicies.SignIn, "mira");
                if (slot.Refused is null)
                    await slot.GiveBack();
                return slot.Refused is null;
            }
        );
        Assert.Equal(PerSubject, await b.CountOf(6, "mira"));
    }

    [Fact]
    public async Task Parallel_good_tries_all_get_in()
    {
        var node = NewNode();
        var entered = await Task.WhenAll(
            Enumerable
                .Range(0, 40)
                .Select(async _ =>
                {
                    using var slot = await node.Limits.Take(From("192.0.2.1"), AuthPolicies.SignIn, "mira");
                    if (slot.Refused is not null)
                        return false;
                    await Task.Delay(20);
                    await slot.GiveBack();
                    return true;
                })
        );
        Assert.DoesNotContain(false, entered);
    }

    [Fact]
    public async Task Clearing_opens_an_account_on_every_node()
    {
        var (a, b) = (NewNode(), NewNode());
        await b.Shared.Hear(b.Table.Clear);
        await a.CountOf(2, "mira");
        await b.CountOf(2, "mira");
        Assert.False(await b.Takes("mira"));
        await a.Limits.Clear(AuthPolicies.SignIn, "mira");
        await Eventually.True("both nodes have forgotten", async () => await b.Takes("mira"));
        Assert.True(await a.Takes("mira"));
    }

    [Fact]
    public async Task Strangers_cannot_use_up_what_known_people_have()
    {
        var node = NewNode();
        Assert.Equal(PerSubject, await node.CountOf(10, "mira"));
        Assert.True(await node.Takes("mira", known: true));
    }

    [Fact]
    public async Task Under_attack_strangers_may_try_a_quarter_and_known_people_as_before()
    {
        var (a, b) = (NewNode(), NewNode());
        Assert.False(a.Attack.IsOn);
        for (var i = 0; i < 10; i++)
            await Task.WhenAll(a.Attack.Failed(), b.Attack.Failed());
        await a.Attack.Failed();
        Assert.True(a.Attack.IsOn);
        var taken = 0;
        for (var i = 0; i < 20; i++)
            taken += await a.Takes($"account {i}") ? 1 : 0;
        Assert.Equal(PerAddress / 4, taken);
        for (var i = 0; i < 20; i++)
            taken += await a.Takes($"known {i}", known: true) ? 1 : 0;
        Assert.Equal(PerAddress / 4 + PerAddress, taken);
    }

    [Fact]
    public async Task Nobody_reads_accounts_and_addresses_out_of_Redis()
    {
        var node = NewNode();
        Assert.True(await node.Takes("mira@example.org"));
        await using var keys = await StackExchange.Redis.ConnectionMultiplexer.ConnectAsync(redis.Address);
        var names = keys.GetServer(redis.Address).Keys(pattern: "*").Select(k => k.ToString()).ToArray();
        Assert.Equal(3, names.Length);
        Each.Of(names, name => Assert.Matches("^veza:\\{limits\\}:[0-9a-f]{32}$", name));
        Each.Of(
            names,
            name =>
                Assert.InRange(
                    keys.GetDatabase().KeyTimeToLive(name)!.Value,
                    TimeSpan.FromMinutes(14),
                    TimeSpan.FromMinutes(15)
                )
        );
    }
}
