using System.Diagnostics;
using System.Globalization;

namespace Veza.Tests.Harness;

/// <summary>A Redis cluster of three masters without replicas, of one test.</summary>
internal sealed class RedisCluster : IAsyncDisposable
{
    private const int MastersCount = 3;

    private RedisCluster(OwnRedis[] masters) => Masters = masters;

    internal OwnRedis[] Masters { get; }

    /// <summary>One of them is enough to find the others.</summary>
    internal string Address => Masters[0].Address;

    internal static async Task<RedisCluster> Start()
    {
        var masters = await Task.WhenAll(
            Enumerable
                .Range(0, MastersCount)
                .Select(_ =>
                    OwnRedis.Start(
                        "--cluster-enabled",
                        "yes",
                        "--cluster-node-timeout",
                        "2000",
                        "--cluster-port",
                        VezaServer.FreePort().ToString(CultureInfo.InvariantCulture)
                    )
                )
        );
        (
            await VezaProgram.Run(
                new ProcessStartInfo(
                    "redis-cli",
                    ["--cluster", "create", .. masters.Select(m => m.Address), "--cluster-yes"]
                )
            )
        ).Succeeds();
        var cluster = new RedisCluster(masters);
        await Eventually.True(
            "the cluster has all slots",
            async () =>
                (await cluster.AskAll("CLUSTER", "INFO")).All(info =>
                    info.Contains("cluster_state:ok", StringComparison.Ordinal)
                )
        );
        return cluster;
    }

    /// <summary>What each master says to a command.</summary>
    internal Task<string[]> AskAll(params string[] command) => Task.WhenAll(Masters.Select(m => m.Ask(command)));

    public async ValueTask DisposeAsync()
    {
        foreach (var master in Masters)
            await master.DisposeAsync();
    }
}
