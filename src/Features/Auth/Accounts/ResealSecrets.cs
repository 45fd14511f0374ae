using Dapper;
using Npgsql;
using Veza.Infrastructure.Cli;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>
/// The verb <c>veza keys reseal</c>: seals authenticator seeds and provider tokens anew under the newest data key, while Veza serves. What changes in the
/// meantime is left as it is, for it was sealed by the newest key already.
/// </summary>
internal static class ResealSecrets
{
    private const int BatchMax = 500;

    internal sealed record Seed(Guid AccountId, byte[] Sealed);

    internal sealed record Tokens(Guid Id, string Provider, string Subject, byte[] SealedTokens);

    internal static async Task<int> Run()
    {
        if (Usage.Settings() is not { } settings) return Usage.Failed;
        await using var postgres = PostgresSource.Open(settings.Postgres, "keys");
        using var master = MasterKey.Open(settings.MasterKey, settings.DataDirectory, mayMake: false);
        var keyring = new Keyring(postgres, master, TimeProvider.System);
        await keyring.Load(CancellationToken.None);
        var secrets = new Secrets(keyring);
        await using var db = await postgres.OpenConnectionAsync();
        Console.WriteLine($"{await Seeds(db, secrets)} authenticator seeds and {await ProviderTokens(db, secrets)} provider tokens were sealed anew.");
        return Usage.Ok;
    }

    internal static async Task<int> Seeds(NpgsqlConnection db, Secrets secrets)
    {
        var (count, after) = (0, Guid.Empty);
        while (true)
        {
            var rows = await db.QueryAsync<Seed>("select account_id, sealed from totp where account_id > @after order by account_id limit @BatchMax", new { after, BatchMax });
            Seed[] batch = [.. rows];
            foreach (var row in batch.Where(r => !secrets.IsNewest(r.Sealed)))
            {
                var sealedAnew = secrets.Seal(secrets.Open(row.Sealed, SecondFactor.SeedContext(row.AccountId)), SecondFactor.SeedContext(row.AccountId));
                count += await db.ExecuteAsync("update totp set sealed = @sealedAnew where account_id = @AccountId and sealed = @before",
                    new { row.AccountId, sealedAnew = new PgValue<byte[]>(sealedAnew), before = new PgValue<byte[]>(row.Sealed) });
            }

            if (batch.Length < BatchMax) return count;
            after = batch[^1].AccountId;
        }
    }

    internal static async Task<int> ProviderTokens(NpgsqlConnection db, Secrets secrets)
    {
        var (count, after) = (0, Guid.Empty);
        while (true)
        {
            var rows = await db.QueryAsync<Tokens>("""
                select id, provider, subject, sealed_tokens from identity where id > @after and sealed_tokens is not null order by id limit @BatchMax
                """, new { after, BatchMax });
            Tokens[] batch = [.. rows];
            foreach (var row in batch.Where(r => !secrets.IsNewest(r.SealedTokens)))
            {
                var context = Identities.SealContext(row.Provider, row.Subject);
                count += await db.ExecuteAsync("update identity set sealed_tokens = @sealedAnew where id = @Id and sealed_tokens = @before",
                    new { row.Id, sealedAnew = new PgValue<byte[]>(secrets.Seal(secrets.Open(row.SealedTokens, context), context)), before = new PgValue<byte[]>(row.SealedTokens) });
            }

            if (batch.Length < BatchMax) return count;
            after = batch[^1].Id;
        }
    }
}
