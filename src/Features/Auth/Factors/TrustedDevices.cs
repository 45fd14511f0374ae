using Dapper;
using Npgsql;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.Factors;

/// <summary>
/// Devices on which the second factor is not asked for again for thirty days, never extended. The device holds a random
/// token, in the answer and as a cookie that no script reads; the database holds its hash, and the account it is good
/// for.
/// </summary>
[HotRead]
internal static class TrustedDevices
{
    internal const string Cookie = "veza_device";
    internal static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);
    private const int DevicesPerAccountMax = 20,
        ForgetBatchMax = 1000;

    internal static async Task<string> Trust(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Guid accountId,
        HttpContext http
    )
    {
        var (id, token, origin) = (Guid.CreateVersion7(), OneTime.NewToken(), Origin.Of(http));
        var hash = new PgValue<byte[]>(OneTime.Hash(token));
        await db.ExecuteAsync(
            """
            insert into trusted_device (id, account_id, token_hash, device, ip, expires_at)
            values (@id, @accountId, @hash, @Device, @Ip::inet, now() + @Lifetime)
            """,
            new
            {
                id,
                accountId,
                hash,
                origin.Device,
                origin.Ip,
                Lifetime,
            },
            transaction
        );
        await db.ExecuteAsync(
            """
            delete from trusted_device
             where account_id = @accountId
               and (expires_at <= now() or id not in (select id from trusted_device where account_id = @accountId
                 order by created_at desc limit @DevicesPerAccountMax))
            """,
            new { accountId, DevicesPerAccountMax },
            transaction
        );
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(AuditActions.TrustedDeviceAdded, accountId, origin, accountId)
        );
        BrowserCookie.Keep(http, Cookie, token, SameSiteMode.Strict, Lifetime);
        return token;
    }

    /// <summary>The token that this browser has.</summary>
    internal static string? TokenOf(HttpContext http) => BrowserCookie.Of(http, Cookie);

    /// <summary>Whether one of the tokens, of the body or the cookie, is this account's and still good.</summary>
    internal static async Task<bool> Knows(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        LockedAccount account,
        string? deviceToken,
        HttpContext http
    )
    {
        foreach (var token in new[] { deviceToken, TokenOf(http) })
        {
            if (string.IsNullOrEmpty(token))
                continue;
            var hash = new PgValue<byte[]>(OneTime.Hash(token));
            // A password that was changed takes trust away in whatever way it was changed.
            var trusted = await db.ExecuteAsync(
                """
                update trusted_device set last_used_at = now()
                 where token_hash = @hash and account_id = @Id and expires_at > now()
                   and created_at >= @PasswordChangedAt
                """,
                new
                {
                    account.Id,
                    account.PasswordChangedAt,
                    hash,
                },
                transaction
            );
            if (trusted == 1)
                return true;
        }

        return false;
    }

    internal static Task ForgetOld(NpgsqlConnection db) =>
        db.ExecuteAsync(
            """
            delete from trusted_device where id in (select id from trusted_device where expires_at < now()
              limit @ForgetBatchMax)
            """,
            new { ForgetBatchMax }
        );

    internal static Task<int> ForgetAll(NpgsqlConnection db, NpgsqlTransaction? transaction, Guid accountId) =>
        db.ExecuteAsync("delete from trusted_device where account_id = @accountId", new { accountId }, transaction);
}
