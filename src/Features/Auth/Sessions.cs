using Dapper;
using Npgsql;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>Begins and ends sessions, and makes their tokens; <see cref="SessionRotation"/> renews these.</summary>
[HotRead]
internal sealed class Sessions(RefreshTokens refreshTokens, AccessTokens accessTokens, AuthSettings settings)
{
    private const int ForgetBatchMax = 1000;

    internal sealed record Row(Guid Id, int Rotation, int Epoch, DateTime AuthenticatedAt);

    /// <summary>The one place in which a session begins; <see cref="SignIn"/> says whether it may.</summary>
    internal async Task<TokenPair> Begin(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        LockedAccount account,
        string[] methods,
        HttpContext http
    )
    {
        var id = Guid.CreateVersion7();
        var from = Origin.Of(http);
        var authenticatedAt = await db.ExecuteScalarAsync<DateTime>(
            """
            insert into session (id, account_id, expires_at, ip, device, rotated_ip, rotated_device, methods)
            values (@id, @AccountId, now() + @lifetime, @Ip::inet, @Device, @Ip::inet, @Device, @methods)
            returning authenticated_at
            """,
            new
            {
                id,
                AccountId = account.Id,
                lifetime = TimeSpan.FromDays(settings.SessionDays),
                from.Ip,
                from.Device,
                methods = new PgValue<string[]>(methods),
            },
            transaction
        );
        var detail = $$"""{"methods":["{{string.Join("\",\"", methods)}}"]}""";
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(AuditActions.SignedIn, account.Id, from.In(id), account.Id, detail)
        );
        return Pair(account, new Row(id, 0, 0, authenticatedAt));
    }

    /// <summary>
    /// Ends one session: its refresh token is dead with the commit, its access tokens, sockets and URLs on every node
    /// moments later. False when it was over.
    /// </summary>
    internal static async Task<bool> End(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Guid accountId,
        Guid sessionId,
        string reason
    ) =>
        await db.ExecuteScalarAsync<long>(
            """
            with ended as (
              update session set ended_at = now(), end_reason = @reason where id = @sessionId
                and account_id = @accountId and ended_at is null returning id
            ), revoked as (
              insert into revocation (subject, epoch_min, expires_at) select id, 2147483647, now() + @keptFor from ended
              on conflict (subject) do update set epoch_min = excluded.epoch_min, expires_at = excluded.expires_at
              returning subject
            )
            select count(pg_notify('veza_revocation', subject || ' 2147483647')) from revoked
            """,
            new
            {
                sessionId,
                accountId,
                reason,
                keptFor = Revocations.KeptFor,
            },
            transaction
        ) == 1;

    /// <summary>Ends all sessions of an account that the caller holds, or all but one. How many.</summary>
    internal static Task<long> EndAll(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Guid accountId,
        string reason,
        Guid? except = null
    ) =>
        db.ExecuteScalarAsync<long>(
            """
            with alive as (
              -- In the order in which everybody locks sessions.
              select id from session where account_id = @accountId and ended_at is null and id is distinct from @except
                order by id for no key update
            ), ended as (
              update session set ended_at = now(), end_reason = @reason where id in (select id from alive) returning id
            ), revoked as (
              insert into revocation (subject, epoch_min, expires_at) select id, 2147483647, now() + @keptFor from ended
              on conflict (subject) do update set epoch_min = excluded.epoch_min, expires_at = excluded.expires_at
              returning subject
            )
            select count(pg_notify('veza_revocation', subject || ' 2147483647')) from revoked
            """,
            new
            {
                accountId,
                reason,
                except,
                keptFor = Revocations.KeptFor,
            },
            transaction
        );

    /// <summary>
    /// A factor was proven again in the caller's session, which is alive: the token that says so. It tells of the
    /// caller's own rotation: that it is used says nothing of the answer to a refresh meanwhile, which may have been
    /// lost.
    /// </summary>
    internal async Task<string> StepUp(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        LockedAccount account,
        Caller caller
    )
    {
        var row = await db.QuerySingleAsync<Row>(
            """
            update session set authenticated_at = now() where id = @SessionId
              returning id, rotation, epoch, authenticated_at
            """,
            new { caller.SessionId },
            transaction
        );
        return AccessToken(account, row with { Rotation = caller.Rotation });
    }

    /// <summary>Sessions that ended or expired long ago, and revocations that have nothing left to revoke.</summary>
    internal static async Task ForgetOld(NpgsqlConnection db)
    {
        // Past those that somebody holds: deleted in another order than they are held in, the two would wait for each
        // other.
        await db.ExecuteAsync(
            """
            delete from session where id in
              (select id from session where expires_at < now() - interval '60 days' limit @ForgetBatchMax
                for update skip locked)
            """,
            new { ForgetBatchMax }
        );
        await db.ExecuteAsync(
            """
            delete from revocation where subject in (select subject from revocation where expires_at < now()
              limit @ForgetBatchMax)
            """,
            new { ForgetBatchMax }
        );
    }

    internal TokenPair Pair(LockedAccount account, Row s) =>
        new(
            AccessToken(account, s),
            refreshTokens.Write(s.Id, s.Rotation),
            "Bearer",
            (int)accessTokens.Lifetime.TotalSeconds
        );

    private string AccessToken(LockedAccount account, Row s) =>
        accessTokens.Issue(
            new Bearer(account.Id, s.Id, account.Username, account.Roles, s.AuthenticatedAt, s.Epoch, s.Rotation)
        );
}
