using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Veza.Tests.Harness;

namespace Veza.Tests.Features.Chat.Realtime;

/// <summary>
/// The promise of docs/CHAT.md under everything that goes wrong at once. A short form for every day; the long one is
/// <c>./dev bench chaos</c>, which sets VEZA_TEST_CHAOS_ACKNOWLEDGED, ..._KILLS, ..._LISTENERS, ..._CUTS and keeps what
/// came out in VEZA_TEST_CHAOS_RESULT.
/// </summary>
public sealed class ChaosTests
{
    private const int RatePerSecond = 200,
        Speakers = 20;

    private static int Number(string name, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable($"VEZA_TEST_CHAOS_{name}"), out var number)
            ? number
            : otherwise;

    private static string? Result => Environment.GetEnvironmentVariable("VEZA_TEST_CHAOS_RESULT");

    [Fact]
    public async Task What_was_acknowledged_what_is_stored_and_what_everybody_saw_are_equal_whatever_is_killed_and_cut()
    {
        var (acknowledgedMin, kills, listenersCount) = (
            Number("ACKNOWLEDGED", 1200),
            Number("KILLS", 3),
            Number("LISTENERS", 10)
        );
        await using var redis = await OwnRedis.Start();
        await using var premises = await TestEnvironment.Create();
        var direct = new NpgsqlConnectionStringBuilder(premises.Database.ConnectionString);
        await using var line = new FaultProxy(new Uri($"http://{direct.Host}:{direct.Port}"));
        var through = new NpgsqlConnectionStringBuilder(direct.ConnectionString)
        {
            Host = "127.0.0.1",
            Port = line.Address.Port,
        };
        (string, string)[] settings =
        [
            ("VEZA__REDIS", redis.Address),
            ("VEZA__PUBLIC_URL", "http://chat.example.org"),
            ("VEZA__AUTH__ACCESS_TOKEN_S", "3600"),
            ("VEZA__ROLES", "api,chat"),
        ];
        await using var one = await VezaServer.Start(premises, settings);
        await using var two = await VezaServer.Start(
            premises,
            [.. settings, ("VEZA__POSTGRES", through.ConnectionString)]
        );
        VezaServer[] nodes = [one, two];
        var people = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Actor.Register(one, $"chaos{i}")));
        var room = (await people[0].Post("/api/v1/chat/rooms", new { Name = "Chaos" }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        foreach (var person in people[1..])
            (await person.Put($"/api/v1/chat/rooms/{room}/members/me")).Is(200);

        VezaServer Node() => nodes[Random.Shared.Next(nodes.Length)];
        var acknowledged = new ConcurrentDictionary<string, (long Seq, string Content)>();
        using var enough = new CancellationTokenSource();
        using var over = new CancellationTokenSource();
        var watch = Stopwatch.StartNew();
        Listener[] listeners =
        [
            .. Enumerable.Range(0, listenersCount).Select(i => new Listener(Node, people[i % people.Length], room)),
        ];
        var listening = listeners.Select(l => Task.Run(() => l.Listen(over.Token))).ToArray();
        var speaking = Enumerable
            .Range(0, Speakers)
            .Select(i =>
                Task.Run(() =>
                    new Speaker(Node, people[i % people.Length], room, $"s{i}", acknowledged).Speak(
                        TimeSpan.FromSeconds((double)Speakers / RatePerSecond),
                        enough.Token
                    )
                )
            )
            .ToArray();

        var (killed, cuts, redisRestarts, lineCuts) = (0, 0, 0, 0);
        var between = TimeSpan.FromSeconds((double)acknowledgedMin / RatePerSecond / (kills + 1));
        while (killed < kills || acknowledged.Count < acknowledgedMin)
        {
            await Task.Delay(between * (0.5 + Random.Shared.NextDouble()));
            foreach (var listener in listeners.Where(_ => Random.Shared.Next(3) == 0))
            {
                listener.Cut();
                cuts++;
            }

            if (killed < kills)
            {
                // Now and then all of them.
                VezaServer[] victims = Random.Shared.Next(10) == 0 ? nodes : [Node()];
                await Task.WhenAll(victims.Select(v => v.Kill()));
                await Task.WhenAll(victims.Select(v => v.Restart()));
                killed += victims.Length;
            }

            if (redisRestarts == 0 || Random.Shared.Next(20) == 0)
            {
                await redis.Kill();
                await Task.Delay(Random.Shared.Next(1500));
                await redis.Run();
                redisRestarts++;
            }

            if (lineCuts == 0 || Random.Shared.Next(20) == 0)
            {
                line.Cut();
                await Task.Delay(Random.Shared.Next(500));
                line.Mend();
                lineCuts++;
            }

            if (speaking.FirstOrDefault(s => s.IsFaulted) is { } broken)
                await broken;
        }

        await enough.CancelAsync();
        await Task.WhenAll(speaking);
        var seconds = watch.Elapsed.TotalSeconds;
        var last = await premises.Database.Scalar<long>("select last_seq from room where id = $1", room);
        await Eventually.True(
            "everybody has seen the last message",
            () => Task.FromResult(listeners.All(l => l.LastSeq >= last))
        );
        await over.CancelAsync();
        await Task.WhenAll(listening);

        var stored = await premises.Database.Column(
            "select client_id || ' ' || seq || ' ' || content from message where room_id = $1 order by seq",
            room
        );
        Assert.Equal(
            acknowledged.OrderBy(a => a.Value.Seq).Select(a => $"{a.Key} {a.Value.Seq} {a.Value.Content}"),
            stored
        );
        Assert.Equal(last, stored.Length);
        var contents = acknowledged.Values.OrderBy(a => a.Seq).Select(a => a.Content).ToArray();
        foreach (var listener in listeners)
        {
            Assert.Empty(listener.Breaches);
            Assert.Equal(contents, listener.Contents);
        }

        await Keep(
            "chaos",
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                {acknowledged.Count} messages acknowledged in {seconds:0} s ({acknowledged.Count
                    / seconds:0} a second), by {Speakers} speakers on two nodes. Meanwhile {killed} nodes were killed with SIGKILL, {cuts} connections of
                listeners were cut, Redis was killed and started empty {redisRestarts} times, and every connection of one node to PostgreSQL was cut {lineCuts} times.

                PostgreSQL has these {stored.Length} messages and no other, seq 1 to {last}. Each of {listeners.Length} listeners saw each of them once, in order and with its content: 0 lost, 0 twice, 0 gaps.
                They resumed {listeners.Sum(l => l.ResumesMs.Count)} times; {listeners.Sum(l =>
                    l.Unrecovered
                )} times they were told to read history. {(VezaProgram.IsNative ? "Native" : "JIT")} build.
                """
            )
        );
    }

    [Fact]
    public async Task Who_is_cut_again_and_again_resumes_without_a_silent_gap()
    {
        const int listenersCount = 10;
        var cutsMin = Number("CUTS", 60);
        await using var node = await VezaServer.Start();
        var mira = await Actor.Register(node, "mira");
        var room = (await mira.Post("/api/v1/chat/rooms", new { Name = "Cuts" }))
            .Is(201)
            .Data.GetProperty("id")
            .GetGuid();
        var acknowledged = new ConcurrentDictionary<string, (long Seq, string Content)>();
        using var enough = new CancellationTokenSource();
        using var over = new CancellationTokenSource();
        Listener[] listeners =
        [
            .. Enumerable.Range(0, listenersCount).Select(_ => new Listener(() => node, mira, room)),
        ];
        var listening = listeners.Select(l => Task.Run(() => l.Listen(over.Token))).ToArray();
        var speaking = Task.Run(() =>
            new Speaker(() => node, mira, room, "mira", acknowledged).Speak(TimeSpan.FromMilliseconds(10), enough.Token)
        );
        for (var cut = 0; cut < cutsMin; cut++)
        {
            var listener = listeners[cut % listenersCount];
            await Eventually.True("it listens", () => Task.FromResult(listener.IsLive));
            listener.Cut();
            await Eventually.True("it is cut", () => Task.FromResult(listener.ResumesMs.Count > cut / listenersCount));
        }

        await enough.CancelAsync();
        await speaking;
        await Eventually.True(
            "everybody has seen the last message",
            () => Task.FromResult(listeners.All(l => l.LastSeq >= acknowledged.Count))
        );
        await over.CancelAsync();
        await Task.WhenAll(listening);
        var contents = acknowledged.Values.OrderBy(a => a.Seq).Select(a => a.Content).ToArray();
        foreach (var listener in listeners)
        {
            Assert.Empty(listener.Breaches);
            Assert.Equal(contents, listener.Contents);
        }

        double[] times = [.. listeners.SelectMany(l => l.ResumesMs).Order()];
        var p95 = times[(int)(0.95 * times.Length)];
        Assert.True(Result is null || p95 <= 500, $"p95 {p95:0} ms");
        await Keep(
            "cuts",
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                {times.Length} resumptions after {cutsMin} forced cuts, {contents.Length} messages meanwhile, {listenersCount} listeners: 0 silent gaps, {listeners.Sum(
                    l => l.Unrecovered
                )} times told to read history.
                From the cut through a new connection to the acknowledged subscription: median {times[
                    times.Length / 2
                ]:0} ms, p95 {p95:0} ms, longest {times[^1]:0} ms.
                """
            )
        );
    }

    private static async Task Keep(string title, string text)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(text);
        if (Result is { } file)
            await File.AppendAllTextAsync(
                file,
                $"## {title}\n\n{DateTime.UtcNow:yyyy-MM-dd}, {Environment.ProcessorCount} cores\n\n{text}\n\n"
            );
    }
}
