using System.Security.Cryptography;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Loops;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.Security;

/// <summary>One key of the ring. ES256 keys have a curve, HMAC keys have a secret.</summary>
internal sealed record RingKey(string Id, DateTime ActiveFrom, DateTime? RetiresAt, ECDsa? Curve, byte[]? Secret)
{
    internal bool Verifies(DateTime now) => RetiresAt is null || RetiresAt > now;
}

/// <summary>The keys of all purposes as this process knows them, at one moment.</summary>
internal sealed record KeySet(
    RingKey[] AccessToken,
    RingKey[] RefreshToken,
    RingKey[] StreamUrl,
    RingKey[] Data,
    RingKey[] WebPush
)
{
    /// <summary>The key that signs now: the newest that is active.</summary>
    internal static RingKey Signing(RingKey[] keys, DateTime now) =>
        keys.Where(k => k.ActiveFrom <= now && k.Verifies(now)).MaxBy(k => k.ActiveFrom)
        ?? throw new CryptographicException("No active signing key.");

    internal static RingKey? Find(RingKey[] keys, string id, DateTime now)
    {
        foreach (var key in keys)
            if (key.Id == id)
                return key.Verifies(now) ? key : null;
        return null;
    }
}

/// <summary>
/// Keys that Veza makes on first start, keeps sealed in PostgreSQL and rotates without downtime: a new key is
/// published, known everywhere, and only then signs.
/// </summary>
internal sealed class Keyring(PostgresSource postgres, MasterKey master, TimeProvider clock)
{
    internal const string AccessToken = "access_token",
        RefreshToken = "refresh_token",
        StreamUrl = "stream_url",
        Data = "data",
        WebPush = "web_push";
    private const string P256 = "1.2.840.10045.3.1.7";
    private static readonly string[] Purposes = [AccessToken, RefreshToken, StreamUrl, Data, WebPush];
    internal static readonly TimeSpan ReloadEvery = TimeSpan.FromSeconds(15);

    /// <summary>A rotated key waits so long before it signs, so that every node has reloaded by then.</summary>
    private static readonly TimeSpan PublishedBefore = TimeSpan.FromSeconds(60);

    private volatile KeySet? keys;

    internal sealed record Row(string Id, string Purpose, byte[] Sealed, DateTime ActiveFrom, DateTime? RetiresAt);

    internal KeySet Keys => keys ?? throw new InvalidOperationException("The keyring is not loaded.");

    internal DateTime Now => clock.GetUtcNow().UtcDateTime;

    internal async Task Load(CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<Row>(
            """
            select id, purpose, sealed, active_from, retires_at
              from signing_key
             where retires_at is null or retires_at > now()
            """
        );
        var open = rows.Select(row => (row.Purpose, Key: Unseal(row))).ToLookup(k => k.Purpose, k => k.Key);
        keys = new KeySet(
            [.. open[AccessToken]],
            [.. open[RefreshToken]],
            [.. open[StreamUrl]],
            [.. open[Data]],
            [.. open[WebPush]]
        );
    }

    /// <summary>Makes what is missing. Any number of nodes may do so at once; the lock lets one of them.</summary>
    internal async Task MakeMissing(CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        await db.ExecuteAsync("lock table signing_key in share row exclusive mode", transaction: transaction);
        foreach (var purpose in Purposes)
        {
            var there = await db.ExecuteScalarAsync<bool>(
                """
                select exists (select 1 from signing_key where purpose = @purpose and retires_at is null)
                """,
                new { purpose },
                transaction
            );
            if (!there)
                await Insert(db, transaction, purpose, DateTime.UnixEpoch);
        }

        await transaction.CommitAsync(CancellationToken.None);
    }

    /// <summary>
    /// Adds a key to each purpose and lets the old ones retire once nothing that they signed can still be in use.
    /// </summary>
    internal async Task Rotate(TimeSpan longestUse, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var activeFrom = Now + PublishedBefore;
        // Every subscription to pushes holds that key: with another all devices would have to subscribe again.
        foreach (var purpose in Purposes.Where(purpose => purpose != WebPush))
        {
            // What a data key has sealed stays, so that key stays too.
            var retiresAt = activeFrom + longestUse;
            if (purpose != Data)
                await db.ExecuteAsync(
                    "update signing_key set retires_at = @retiresAt where purpose = @purpose and retires_at is null",
                    new { purpose, retiresAt },
                    transaction
                );
            await Insert(db, transaction, purpose, activeFrom);
        }

        await transaction.CommitAsync(CancellationToken.None);
    }

    private async Task Insert(NpgsqlConnection db, NpgsqlTransaction transaction, string purpose, DateTime activeFrom)
    {
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4));
        byte[] secret;
        if (IsCurve(purpose))
        {
            using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            secret = curve.ExportPkcs8PrivateKey();
        }
        else
        {
            secret = RandomNumberGenerator.GetBytes(32);
        }

        var sealedKey = master.Seal(secret, $"{purpose}:{id}");
        CryptographicOperations.ZeroMemory(secret);
        await db.ExecuteAsync(
            """
            insert into signing_key (id, purpose, sealed, active_from) values (@id, @purpose, @sealedKey, @activeFrom)
            """,
            new
            {
                id,
                purpose,
                sealedKey = new PgValue<byte[]>(sealedKey),
                activeFrom,
            },
            transaction
        );
    }

    private static bool IsCurve(string purpose) => purpose is AccessToken or WebPush;

    private RingKey Unseal(Row row)
    {
        var secret = master.Open(row.Sealed, $"{row.Purpose}:{row.Id}");
        if (!IsCurve(row.Purpose))
            return new RingKey(row.Id, row.ActiveFrom, row.RetiresAt, null, secret);
        var curve = ECDsa.Create();
        curve.ImportPkcs8PrivateKey(secret, out _);
        if (curve.ExportParameters(includePrivateParameters: false).Curve.Oid.Value != P256)
            throw new CryptographicException($"The {row.Purpose} key {row.Id} is not on P-256.");
        CryptographicOperations.ZeroMemory(secret);
        return new RingKey(row.Id, row.ActiveFrom, row.RetiresAt, curve, null);
    }
}

/// <summary>
/// Loads the keyring again every few seconds, so that a rotation reaches every node. While that fails, the keys of
/// before are still good.
/// </summary>
internal sealed class KeyringReload(Keyring keyring, TimeProvider clock, ILogger<KeyringReload> log) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stopping) =>
        Loop.Every(Keyring.ReloadEvery, "Reloading the keys", log, keyring.Load, clock, stopping);
}
