using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Bench.Load;

/// <summary>
/// Checks of access tokens on one thread of this process, by the server's own code: the first time, with the signature,
/// and again, from memory.
/// </summary>
internal static class TokenChecks
{
    private const int Tokens = 15_000,
        Again = 2_000_000;

    internal static async Task Measure(BenchServer server, Report report)
    {
        var (settings, faults) = Settings.Read(
            new ConfigurationBuilder()
                .AddInMemoryCollection(
                    new Dictionary<string, string?>
                    {
                        ["postgres"] = server.Postgres,
                        ["redis"] = "nowhere",
                        ["storage"] = Path.GetTempPath(),
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
        var issued = new string[Tokens];
        for (var i = 0; i < Tokens; i++)
            issued[i] = tokens.Issue(
                new Bearer(Guid.CreateVersion7(), Guid.CreateVersion7(), "bench", ["user"], DateTime.UtcNow, 0, 0)
            );
        report.Row("check a token for the first time, one thread", Rate(tokens, issued, Tokens), "", "", "");
        report.Row("check a token again, one thread", Rate(tokens, issued, Again), "", "", "");
    }

    private static double Rate(AccessTokens tokens, string[] issued, int times)
    {
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < times; i++)
            if (tokens.Read(issued[i % issued.Length], out _) is { } error)
                throw new InvalidOperationException(error.Code);
        return times / watch.Elapsed.TotalSeconds;
    }
}
