using System.Text.Json.Serialization;
using Dapper;
using Microsoft.Extensions.Caching.Memory;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.Keys;

/// <summary>A personal API key as its owner sees it. The key itself is shown once, when it is made.</summary>
[HotRead]
internal sealed record ApiKey(
    Guid Id,
    string Name,
    string Prefix,
    string[] Scopes,
    DateTime CreatedAt,
    DateTime? LastUsedAt,
    DateTime? ExpiresAt
) : INeverStored
{
    internal static readonly ApiKey Example = new(
        Guid.Parse("019b0c70-1111-7c11-9d3e-5f0d4c1a2b3c"),
        "Nightly uploads",
        "veza_Jx81kQ",
        [Permissions.TracksRead, Permissions.TracksWrite],
        Account.Example.CreatedAt,
        null,
        null
    );

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Key { get; init; }
}

/// <summary>
/// Reads API keys. A key once read is remembered for a minute; when it, or what its owner may do, changes, the
/// revocation of its epoch makes it be read anew at once.
/// </summary>
internal sealed class ApiKeys(PostgresSource postgres, Revocations revocations, TimeProvider clock)
    : ICallerSource,
        IDisposable
{
    internal const string KeyPrefix = "veza_";
    internal const int PerAccountMax = 50,
        NameCharsMax = 60,
        ShownChars = 11;
    private const int RememberedMax = 10_000,
        KeyCharsMax = 64;
    private static readonly TimeSpan RememberedFor = TimeSpan.FromSeconds(60);
    private readonly MemoryCache remembered = new(new MemoryCacheOptions { SizeLimit = RememberedMax });

    public string Prefix => KeyPrefix;

    internal sealed record Row(
        Guid Id,
        Guid AccountId,
        string Username,
        string[] Roles,
        string[] Scopes,
        int Epoch,
        DateTime? ExpiresAt,
        bool Suspended
    );

    public async ValueTask<(Error? Error, Caller? Caller)> Read(string token, CancellationToken ct)
    {
        if (token.Length > KeyCharsMax)
            return (AuthErrors.ApiKeyInvalid, null);
        if (
            remembered.TryGetValue(token, out Caller? known)
            && known!.ExpiresAt > clock.GetUtcNow().UtcDateTime
            && !revocations.Refuses(known.SessionId, known.Epoch)
        )
            return (null, known);

        var row = await Find(OneTime.Hash(token), ct);
        // What was read before a change of which this node has heard since is read again: the word comes after the
        // commit.
        if (row is not null && revocations.Refuses(row.Id, row.Epoch))
            row = await Find(OneTime.Hash(token), ct);
        if (row is null || revocations.Refuses(row.Id, row.Epoch))
            return (AuthErrors.ApiKeyInvalid, null);
        if (row.Suspended)
            return (AuthErrors.AccountSuspended, null);
        var permissions = Permissions.Grantable(row.Roles).Intersect(row.Scopes).ToArray();
        var caller = new Caller(
            row.AccountId,
            row.Id,
            row.Username,
            row.Roles,
            permissions,
            row.ExpiresAt ?? DateTime.MaxValue,
            DateTime.MinValue
        )
        {
            Epoch = row.Epoch,
            IsApiKey = true,
        };
        remembered.Set(
            token,
            caller,
            new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = RememberedFor }
        );
        return (null, caller);
    }

    /// <summary>
    /// The key and its owner as of one moment: an epoch never comes with the roles of another. Nobody waits for who
    /// changes the key just now, for they would come back with what was before it.
    /// </summary>
    private async Task<Row?> Find(byte[] secretHash, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await db.QuerySingleOrDefaultAsync<Row>(
            """
            with used as (
              update api_key set last_used_at = now()
                where id in (select id from api_key where secret_hash = @hash for no key update skip locked)
            )
            select api_key.id, account_id, username, roles, scopes, epoch, expires_at,
                   suspended_at is not null and (suspended_until is null or suspended_until > now()) as suspended
              from api_key join account on account.id = account_id
             where secret_hash = @hash and (expires_at is null or expires_at > now())
            """,
            new { hash = new PgValue<byte[]>(secretHash) }
        );
    }

    /// <summary>What the account's keys were remembered for is no longer so, on every node.</summary>
    internal static Task<long> Refresh(NpgsqlConnection db, NpgsqlTransaction transaction, Guid accountId) =>
        db.ExecuteScalarAsync<long>(
            """
            with changed as (update api_key set epoch = epoch + 1 where account_id = @accountId returning id, epoch),
            revoked as (
              insert into revocation (subject, epoch_min, expires_at) select id, epoch, now() + @keptFor from changed
              on conflict (subject) do update
                set epoch_min = greatest(revocation.epoch_min, excluded.epoch_min), expires_at = excluded.expires_at
              returning subject, epoch_min
            )
            select count(pg_notify('veza_revocation', subject || ' ' || epoch_min)) from revoked
            """,
            new { accountId, keptFor = Revocations.KeptFor },
            transaction
        );

    /// <summary>Deletes all keys of the account; no node takes them from then on.</summary>
    internal static Task<long> EndAll(NpgsqlConnection db, NpgsqlTransaction transaction, Guid accountId) =>
        db.ExecuteScalarAsync<long>(
            """
            with deleted as (delete from api_key where account_id = @accountId returning id),
            revoked as (
              insert into revocation (subject, epoch_min, expires_at) select id, 2147483647, now() + @keptFor
                from deleted
              on conflict (subject) do update set epoch_min = excluded.epoch_min, expires_at = excluded.expires_at
              returning subject
            )
            select count(pg_notify('veza_revocation', subject || ' 2147483647')) from revoked
            """,
            new { accountId, keptFor = Revocations.KeptFor },
            transaction
        );

    public void Dispose() => remembered.Dispose();
}
