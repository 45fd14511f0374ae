using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Configuration;
using Npgsql;
using StackExchange.Redis;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Bench.Load;

/// <summary>
/// What presence costs on two nodes for more and more people of whom each sees 20 others: at rest, while everybody
/// changes now and then, while a tenth of them lose and make their connections again and again, and when all of one
/// node's connections are lost at once.
/// </summary>
internal static class PresenceBench
{
    private const int Watched = 20,
        ChangeEveryS = 20;
    private static readonly TimeSpan Each = TimeSpan.FromSeconds(20);

    internal static async Task<int> Run(int[] sizes)
    {
        await BenchServer.CreateDatabase("bench_presence");
        await using var one = await BenchServer.Start(BenchServer.Native, "bench_presence");
        await using var two = await BenchServer.Start(
            BenchServer.Native,
            "bench_presence",
            ("VEZA__DATA", one.DataDirectory),
            ("VEZA__PUBLIC_URL", one.Url.GetLeftPart(UriPartial.Authority))
        );
        await using var redis = await ConnectionMultiplexer.ConnectAsync(
            $"{Environment.GetEnvironmentVariable("VEZA_TEST_REDIS")},allowAdmin=true"
        );
        var report = new Report(
            "presence",
            "./dev bench presence",
            "people",
            "phase",
            "told people/s",
            "frames/s",
            "KB/s",
            "told people/s each",
            "Redis scripts/s",
            "Redis publishes/s",
            "CPU of both nodes, % of a core",
            "us of CPU per person and s"
        );
        foreach (var size in sizes)
        {
            await using var crowd = new PresenceCrowd([one.Url, two.Url], await People(one, size), Watched);
            var meter = new Meter(crowd, [one, two], redis, report);
            await meter.Phase(
                "connect and watch",
                async () =>
                {
                    await crowd.ConnectAll();
                    await crowd.Settle();
                }
            );
            await meter.Phase("at rest", () => Task.Delay(Each));
            await meter.Phase($"each changes every {ChangeEveryS} s", () => Change(crowd));
            await crowd.Settle();
            await meter.Phase("a tenth reconnects every 2 s", () => Flap(crowd));
            await crowd.Settle();
            await meter.Phase("half reconnect at once", () => Storm(crowd));
        }

        await report.Save(
            $"Two nodes on one machine that also carries the load; {(BenchServer.Native is null ? "JIT" : "native")} build. Each person sees {Watched} others and is seen by {Watched}. "
                + "Who makes a new connection is told of those it watches once: those entries, and no others, are "
                + "what the phases of reconnecting tell."
        );
        return 0;
    }

    /// <summary>Evenly over the time, each once in so many seconds.</summary>
    private static async Task Change(PresenceCrowd crowd)
    {
        var watch = Stopwatch.StartNew();
        var turns = (int)(Each.TotalSeconds / ChangeEveryS * crowd.Count);
        for (var turn = 0; turn < turns; turn++)
        {
            await crowd.Set(turn % crowd.Count, turn / crowd.Count % 2 == 0 ? "busy" : "online");
            var due = Each * (turn + 1) / turns;
            if (due > watch.Elapsed)
                await Task.Delay(due - watch.Elapsed);
        }
    }

    private static async Task Flap(PresenceCrowd crowd)
    {
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < Each)
        {
            var next = watch.Elapsed + TimeSpan.FromSeconds(2);
            for (var i = 0; i < crowd.Count; i += 10)
            {
                crowd.Cut(i);
                await crowd.Connect(i);
            }

            if (next > watch.Elapsed)
                await Task.Delay(next - watch.Elapsed);
        }
    }

    private static async Task Storm(PresenceCrowd crowd)
    {
        var half = Enumerable.Range(0, crowd.Count).Where(i => i % 2 == 0).ToArray();
        foreach (var i in half)
            crowd.Cut(i);
        await Parallel.ForEachAsync(
            half,
            new ParallelOptions { MaxDegreeOfParallelism = 64 },
            async (i, _) => await crowd.Connect(i)
        );
        await Task.Delay(Each);
    }

    private static async Task<(Guid Id, string Token)[]> People(BenchServer server, int count)
    {
        var (settings, faults) = Settings.Read(
            new ConfigurationBuilder()
                .AddInMemoryCollection(
                    new Dictionary<string, string?>
                    {
                        ["postgres"] = server.Postgres,
                        ["redis"] = "nowhere",
                        ["storage"] = Path.GetTempPath(),
                        ["public_url"] = server.Url.GetLeftPart(UriPartial.Authority),
                        ["auth:access_token_s"] = "3600",
                    }
                )
                .Build(),
            Modules.All
        );
        if (settings is null)
            throw new InvalidOperationException(string.Join('\n', faults));
        await using var postgres = PostgresSource.Open(settings.Postgres, "bench");
        using var master = MasterKey.Open(null, server.DataDirectory, mayMake: false);
        var keyring = new Keyring(postgres, master, TimeProvider.System);
        await keyring.Load(CancellationToken.None);
        using var tokens = new AccessTokens(keyring, new Revocations(TimeProvider.System), settings);
        var people = new (Guid Id, string Token)[count];
        for (var i = 0; i < count; i++)
        {
            var id = Guid.CreateVersion7();
            people[i] = (
                id,
                tokens.Issue(new Bearer(id, Guid.CreateVersion7(), "bench", ["user"], DateTime.UtcNow, 0, 0))
            );
        }

        await using var insert = postgres.CreateCommand(
            """
            insert into account (id, username, email, display_name)
              select id, left(replace(id::text, '-', ''), 30), id || '@example.org', 'Bench' from unnest($1) id
            """
        );
        insert.Parameters.Add(new NpgsqlParameter { Value = people.Select(p => p.Id).ToArray() });
        await insert.ExecuteNonQueryAsync();
        return people;
    }

    /// <summary>What happened between the beginning and the end of a phase.</summary>
    private sealed class Meter(PresenceCrowd crowd, BenchServer[] nodes, ConnectionMultiplexer redis, Report report)
    {
        internal async Task Phase(string name, Func<Task> run)
        {
            var (heard, scripts, publishes, cpu) = (crowd.Heard, await Calls("evalsha"), await Calls("publish"), Cpu());
            var watch = Stopwatch.StartNew();
            await run();
            var s = watch.Elapsed.TotalSeconds;
            var now = crowd.Heard;
            var told = (now.Entries - heard.Entries) / s;
            report.Row(
                crowd.Count,
                name,
                Math.Round(told),
                Math.Round((now.Frames - heard.Frames) / s),
                (now.Bytes - heard.Bytes) / s / 1000,
                string.Create(CultureInfo.InvariantCulture, $"{told / crowd.Count:0.00}"),
                Math.Round((await Calls("evalsha") - scripts) / s),
                (await Calls("publish") - publishes) / s,
                (Cpu() - cpu) / s * 100,
                Math.Round((Cpu() - cpu) / s / crowd.Count * 1e6)
            );
        }

        private async Task<long> Calls(string command)
        {
            var server = redis.GetServers()[0];
            var stats = (await server.InfoAsync("commandstats")).SelectMany(group => group);
            return stats
                .Where(s => s.Key == $"cmdstat_{command}")
                .Select(s => long.Parse(s.Value.Split(',')[0]["calls=".Length..], CultureInfo.InvariantCulture))
                .FirstOrDefault();
        }

        /// <summary>Seconds of both nodes.</summary>
        private double Cpu() =>
            nodes.Sum(node =>
            {
                using var process = Process.GetProcessById(node.ProcessId);
                return process.TotalProcessorTime.TotalSeconds;
            });
    }
}
