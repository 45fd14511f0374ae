using System.Security.Cryptography;
using Microsoft.Extensions.Logging.Abstractions;
using Veza.Features.Tracks;
using Veza.Features.Uploads;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Redis;
using Veza.Infrastructure.Security;

namespace Veza.Tests.Harness;

/// <summary>
/// Where nodes of one Veza live together: a database, object storage, and the folder of the master key.
/// </summary>
internal sealed class TestEnvironment : IAsyncDisposable
{
    private readonly Bucket? bucket;
    private readonly string storage;
    private PostgresSource? source;

    private TestEnvironment(TestDatabase database, Bucket? bucket)
    {
        Database = database;
        this.bucket = bucket;
        storage = bucket?.Url ?? TestRun.NewFolder("storage");
        Variables = new Dictionary<string, string?>
        {
            ["VEZA__POSTGRES"] = database.ConnectionString,
            // A machine that is busy is no Redis that does not answer.
            ["VEZA__REDIS"] = $"{Surroundings.Redis},connectTimeout=5000,asyncTimeout=5000",
            ["VEZA__STORAGE"] = storage,
            ["VEZA__DATA"] = TestRun.NewFolder("data"),
            ["VEZA__WORKER__SCRATCH"] = TestRun.NewFolder("scratch"),
        };
        // All tests come from one address. Tests of limits set their own; those of single accounts stand as they are.
        foreach (
            var limit in new[]
            {
                "REQUESTS__PER_ADDRESS",
                "REQUESTS__PER_CALLER",
                "REGISTER__PER_ADDRESS",
                "REGISTER__PER_SUBNET",
                "SIGN_IN__PER_ADDRESS",
                "SIGN_IN__PER_SUBNET",
                "MAIL__PER_ADDRESS",
                "MAIL__PER_SUBNET",
                "CODE__PER_ADDRESS",
                "CODE__PER_SUBNET",
                "REFRESH__PER_ADDRESS",
                "REFRESH__PER_SUBNET",
                "OAUTH__PER_ADDRESS",
                "OAUTH__PER_SUBNET",
                "CHALLENGE__PER_ADDRESS",
                "CHALLENGE__PER_SUBNET",
            }
        )
            Variables[$"VEZA__LIMITS__{limit}"] = "0";
        if (bucket is null)
            return;
        Variables["VEZA__S3__ACCESS_KEY"] = Surroundings.S3AccessKey;
        Variables["VEZA__S3__SECRET_KEY"] = Surroundings.S3SecretKey;
    }

    internal TestDatabase Database { get; }

    /// <summary>The environment of every node here.</summary>
    internal Dictionary<string, string?> Variables { get; }

    /// <summary>The server's own way to the database, for tests of single nouns.</summary>
    internal PostgresSource Source => source ??= PostgresSource.Open(Database.ConnectionString, "test", Violations.Add);

    /// <summary>
    /// The server's own way to a Redis, for tests of single nouns; it notices after a while that one is frozen.
    /// </summary>
    internal static RedisLink RedisAt(string address)
    {
        var patience = TimeSpan.FromSeconds(5);
        return new RedisLink(StatedSettings.Read(("VEZA__REDIS", address)), TimeProvider.System)
        {
            Patience = new RedisPatience(patience, patience, patience),
        };
    }

    internal static RedisLink Redis() => RedisAt(Surroundings.Redis);

    internal static Task<TestEnvironment> Create() => Create(Surroundings.StoresInS3);

    internal static async Task<TestEnvironment> Create(bool inS3) =>
        new(await TestDatabase.Create(), inS3 ? await Bucket.Create() : null);

    /// <summary>The settings as a node here reads them.</summary>
    internal Settings Settings(params (string Name, string Value)[] more)
    {
        var variables = new Dictionary<string, string?>(Variables);
        foreach (var (name, value) in more)
            variables[name] = value;
        return StatedSettings.Read(variables);
    }

    internal StorageClaims Claims() =>
        new(
            Source,
            Stores.Open(Settings().Storage),
            Settings(),
            TimeProvider.System,
            NullLogger<StorageClaims>.Instance
        );

    /// <summary>Of what really lies in storage, whatever the tables say.</summary>
    internal async Task<byte[]> StoredSha256(string key, long sizeBytes)
    {
        await using var content = await Stores.Open(Settings().Storage).Open(key, 0, sizeBytes, CancellationToken.None);
        return await SHA256.HashDataAsync(content);
    }

    /// <summary>What workers do every minute of the tracks' room and of forsaken objects, done now.</summary>
    internal async Task KeepHouse()
    {
        await KeepTables();
        while (await Claims().Sweep(CancellationToken.None) > 0) { }
        // What the sweeper of a server has begun meanwhile.
        await Eventually.True(
            "nobody sweeps",
            async () =>
                await Database.Scalar<long>(
                    "select count(*) from storage_claim where sweeping and claimed_until > now()"
                ) == 0
        );
        await KeepTables();
    }

    private async Task KeepTables()
    {
        await using var db = await Source.OpenConnectionAsync();
        foreach (var task in UploadsModule.Inventory.Upkeep.Concat(TracksModule.Inventory.Upkeep))
            await task.Run(db, DateTime.UtcNow);
    }

    /// <summary>The ring that the nodes share, at another time if a clock is given.</summary>
    internal async Task<Keyring> Keyring(TimeProvider? clock = null)
    {
        var keyring = new Keyring(Source, MasterKey.Open(null, Variables["VEZA__DATA"]!), clock ?? TimeProvider.System);
        await keyring.MakeMissing(CancellationToken.None);
        await keyring.Load(CancellationToken.None);
        return keyring;
    }

    /// <summary>Everything that is stored of tracks, drafts and unfinished uploads included.</summary>
    internal async Task<string[]> StoredObjects(string prefix = "tracks/")
    {
        if (bucket is not null)
            return await bucket.Keys(prefix);
        var folder = Path.Combine(storage, prefix.TrimEnd('/'));
        return Directory.Exists(folder)
            ?
            [
                .. Directory
                    .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                    .Select(f => Path.GetRelativePath(storage, f))
                    .Order(),
            ]
            : [];
    }

    internal Task NothingIsStored(string prefix = "tracks/") =>
        Eventually.True($"nothing stays in storage under {prefix}", async () => await StoredObjects(prefix) is []);

    public async ValueTask DisposeAsync()
    {
        if (source is not null)
            await source.DisposeAsync();
        if (bucket is not null)
            await bucket.DisposeAsync();
        await Database.DisposeAsync();
    }
}
