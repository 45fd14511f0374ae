using System.Security.Cryptography;
using Npgsql;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Health;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.Cli;

/// <summary>What the binary can do, and the reading of its settings for every verb.</summary>
internal static class Usage
{
    internal const int Ok = 0,
        Failed = 1,
        Misused = 2;

    private const string Text = """
        veza: the open backend for audio communities

          veza serve [--roles api,chat,stream,worker]   serve; without --roles all of them
          veza migrate                                  bring the database to this version's schema
          veza check-config                             read the settings, explain each fault, try each server
          veza admin create EMAIL USERNAME              make an admin, with a password from standard input,
            or make one of an account
          veza keys rotate                              make new signing keys; the old ones retire by themselves
          veza keys reseal                              seal what is kept sealed anew under the newest data key
          veza jobs list [queued|running|done|dead|cancelled]  show jobs; without a state the dead ones
          veza jobs retry ID                            give a dead job all its tries again
          veza jobs cancel ID                           end a job that waits or runs: it is dead, and its track failed
          veza openapi                                  print the OpenAPI document
          veza healthcheck                              exit 0 when the server of these settings is ready
          veza version

        Settings are environment variables: VEZA__POSTGRES, VEZA__REDIS and VEZA__STORAGE must be
          set; docs/OPERATIONS.md has them all.
        """;

    internal static Task<int> Explain(string[] args)
    {
        if (args is [] or ["help" or "--help" or "-h"])
        {
            Console.WriteLine(Text);
            return Task.FromResult(args is [] ? Misused : Ok);
        }

        Console.Error.WriteLine(
            $"veza: '{string.Join(' ', args)}' is not understood. 'veza help' lists what can be said."
        );
        return Task.FromResult(Misused);
    }

    /// <summary>
    /// A verb that works in the database; says so when that does not answer, when the master key is not the one that it
    /// wants, or when the schema cannot be what it should.
    /// </summary>
    internal static async Task<int> InDatabase(Task<int> verb)
    {
        try
        {
            return await verb;
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            Console.Error.WriteLine($"veza: PostgreSQL did not answer as it should: {e.Message}");
            return Failed;
        }
        catch (Exception e) when (e is CryptographicException or MigrationException)
        {
            Console.Error.WriteLine($"veza: {e.Message}");
            return Failed;
        }
    }

    internal static Task<int> Version()
    {
        Console.WriteLine($"veza {HealthRoutes.Version}");
        return Task.FromResult(Ok);
    }

    /// <summary>Reads them once: the environment has them no longer.</summary>
    private static IConfigurationRoot Configuration()
    {
        var configuration = new ConfigurationBuilder()
            .SetBasePath(Directory.GetCurrentDirectory())
            .AddJsonFile("appsettings.json", optional: true)
            .AddEnvironmentVariables("VEZA__")
            .Build();
        OwnProcess.ForgetSettings();
        return configuration;
    }

    private static Func<Module[]> modules = () => [];

    /// <summary>
    /// The modules whose parts of the settings are read too. Called when a verb reads any: one that reads none, as
    /// <c>sandbox-exec</c>, is begun for each file in work and does not pay for them.
    /// </summary>
    internal static void Know(Func<Module[]> all) => modules = all;

    /// <summary>The settings, or null after every fault was printed.</summary>
    internal static Settings? Settings(IReadOnlyDictionary<string, string?>? overrides = null)
    {
        var configuration = Configuration();
        foreach (var (key, value) in overrides ?? new Dictionary<string, string?>())
            configuration[key] = value;
        var (settings, faults) = Infrastructure.Configuration.Settings.Read(configuration, modules());
        foreach (var fault in faults)
            Console.Error.WriteLine($"veza: {fault}");
        return settings;
    }
}
