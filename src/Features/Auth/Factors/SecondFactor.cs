using Dapper;
using Npgsql;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.Factors;

/// <summary>
/// An account's authenticator app and its recovery codes. Seeds are sealed and codes are MACs: the database alone
/// proves nothing.
/// </summary>
[HotRead]
internal sealed class SecondFactor(Secrets secrets, TimeProvider clock)
{
    /// <summary>The context is that of <see cref="SeedContext"/>.</summary>
    internal static readonly SealedColumn Seeds = new(
        "authenticator seeds",
        """
        select account_id as id, 'totp:' || account_id as context, sealed from totp where account_id > @after
          order by account_id limit @BatchMax
        """,
        "update totp set sealed = @sealedAnew where account_id = @Id and sealed = @before"
    );

    internal sealed record SeedRow(byte[] Sealed);

    internal sealed record CodeRow(byte[] CodeMac);

    internal byte[] Seal(byte[] seed, Guid accountId) => secrets.Seal(seed, SeedContext(accountId));

    /// <summary>The step of a code that fits the sealed seed now.</summary>
    internal long? StepOf(byte[] sealedSeed, Guid accountId, string code) =>
        TimeCodes.StepOf(secrets.Open(sealedSeed, SeedContext(accountId)), code, clock.GetUtcNow().UtcDateTime);

    /// <summary>
    /// The method that the code proves, which is spent by this, or null. Who lets people guess takes a slot of
    /// <see cref="SecretTries"/> first.
    /// </summary>
    internal async Task<string?> Prove(NpgsqlConnection db, NpgsqlTransaction transaction, Guid accountId, string code)
    {
        if (RecoveryCode.Normal(code) is { } recovery)
            return await Spend(db, transaction, accountId, recovery) ? SignIn.RecoveryCode : null;
        var totp = await db.QuerySingleOrDefaultAsync<SeedRow>(
            "select sealed from totp where account_id = @accountId and confirmed_at is not null",
            new { accountId },
            transaction
        );
        if (totp is null || StepOf(totp.Sealed, accountId, code) is not { } step)
            return null;

        // Of any number of tries with one step, one raises it. A step before the last used one is spent as well.
        var spent = await db.ExecuteAsync(
            """
            update totp set last_step = @step where account_id = @accountId and confirmed_at is not null
              and last_step < @step
            """,
            new { accountId, step },
            transaction
        );
        return spent == 1 ? SignIn.Totp : null;
    }

    /// <summary>New codes in the place of all earlier ones; they are in clear here and never again.</summary>
    internal async Task<string[]> RenewCodes(NpgsqlConnection db, NpgsqlTransaction transaction, Guid accountId)
    {
        var codes = RecoveryCode.NewSet();
        await db.ExecuteAsync(
            "delete from recovery_code where account_id = @accountId",
            new { accountId },
            transaction
        );
        foreach (var code in codes)
        {
            var mac = new PgValue<byte[]>(secrets.Mac(RecoveryCode.Normal(code)!, CodeContext(accountId)));
            await db.ExecuteAsync(
                "insert into recovery_code (account_id, code_mac) values (@accountId, @mac)",
                new { accountId, mac },
                transaction
            );
        }

        return codes;
    }

    private async Task<bool> Spend(NpgsqlConnection db, NpgsqlTransaction transaction, Guid accountId, string code)
    {
        var unused = await db.QueryAsync<CodeRow>(
            "select code_mac from recovery_code where account_id = @accountId and used_at is null",
            new { accountId },
            transaction
        );
        if (unused.FirstOrDefault(c => secrets.Matches(c.CodeMac, code, CodeContext(accountId))) is not { } found)
            return false;
        var mac = new PgValue<byte[]>(found.CodeMac);
        return await db.ExecuteAsync(
                """
                update recovery_code set used_at = now() where account_id = @accountId and code_mac = @mac
                  and used_at is null
                """,
                new { accountId, mac },
                transaction
            ) == 1;
    }

    private static string SeedContext(Guid accountId) => $"totp:{accountId}";

    private static string CodeContext(Guid accountId) => $"recovery_code:{accountId}";
}
