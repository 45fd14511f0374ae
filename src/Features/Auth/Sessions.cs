using Dapper;
using Npgsql;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>The tokens of a session: an access token for minutes, and a refresh token that is good for one use.</summary>
internal sealed record TokenPair(string AccessToken, string RefreshToken, string TokenType, int ExpiresIn);

/// <summary>Begins, rotates and ends sessions. docs/API.md says in words when a spent refresh token is believed; the model test holds it.</summary>
internal sealed class Sessions(PostgresSource postgres, RefreshTokens refreshTokens, AccessTokens accessTokens, Settings settings)
{
    private const int MovesMax = 3, ForgetBatchMax = 1000;

    internal sealed record Row(Guid Id, Guid AccountId, int Rotation, int Epoch, DateTime AuthenticatedAt, string Username, string[] Roles);

    /// <summary>A session whose refresh token did not fit, and how.</summary>
    internal sealed record Stale(
        Guid Id, Guid AccountId, int Rotation, int Epoch, DateTime AuthenticatedAt, string Username, string[] Roles,
        bool Over, bool JustRotated, bool AnswerArrived, bool SameNetwork, bool SameDevice, int Moves);

    internal async Task<TokenPair> Begin(NpgsqlConnection db, NpgsqlTransaction transaction, Guid accountId, string username, string[] roles, string[] methods, HttpContext http)
    {
        var id = Guid.CreateVersion7();
        var from = Origin.Of(http);
        var authenticatedAt = await db.ExecuteScalarAsync<DateTime>("""
            insert into session (id, account_id, expires_at, ip, device, rotated_ip, rotated_device, methods)
            values (@id, @accountId, now() + @lifetime, @Ip::inet, @Device, @Ip::inet, @Device, @methods)
            returning authenticated_at
            """, new { id, accountId, lifetime = TimeSpan.FromDays(settings.Auth.SessionDays), from.Ip, from.Device, methods = new PgValue<string[]>(methods) }, transaction);
        await AuditTrail.Write(db, transaction, new AuditEntry(AuditActions.SignedIn, accountId, from.In(id), accountId, $$"""{"methods":["{{string.Join("\",\"", methods)}}"]}"""));
        return Pair(new Row(id, accountId, 0, 0, authenticatedAt, username, roles));
    }

    /// <summary>Spends a refresh token for a new pair. A spent one gets the current pair again where that is safe; else the session ends.</summary>
    internal async Task<(TokenPair? Pair, Error? Error)> Rotate(string token, Origin from, CancellationToken ct)
    {
        if (refreshTokens.Read(token) is not { } given) return (null, Errors.RefreshTokenInvalid);
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rotated = await db.QuerySingleOrDefaultAsync<Row>("""
            update session set rotation = rotation + 1, rotated_at = now(), last_seen_at = now(), rotated_ip = @Ip::inet, rotated_device = @Device
              from account
             where session.id = @SessionId and rotation = @Rotation and ended_at is null and expires_at > now() and account.id = session.account_id
            returning session.id, account_id, rotation, epoch, authenticated_at, username, roles
            """, new { given.SessionId, given.Rotation, from.Ip, from.Device });
        if (rotated is not null) return (Pair(rotated), null);

        // Locked, so that of several spent tokens at once each is judged by what the one before has done.
        await using var transaction = await db.BeginTransactionAsync(ct);
        var session = await db.QuerySingleOrDefaultAsync<Stale>("""
            select session.id, account_id, rotation, epoch, authenticated_at, username, roles,
                   ended_at is not null or expires_at <= now() as over, rotated_at > clock_timestamp() - @grace::interval as just_rotated, seen_rotation >= rotation as answer_arrived,
                   coalesce(network(set_masklen(rotated_ip, case family(rotated_ip) when 4 then 24 else 48 end)) >>= @Ip::inet, @Ip is null) as same_network,
                   rotated_device = @Device as same_device, moves
              from session join account on account.id = session.account_id
             where session.id = @SessionId
               for update of session
            """, new { given.SessionId, from.Ip, from.Device, grace = TimeSpan.FromSeconds(settings.Auth.RefreshGraceS) }, transaction);
        if (session is null || session.Over) return (null, Errors.SessionEnded);
        if (given.Rotation == session.Rotation) return await Again(transaction, token, from, ct);
        if (given.Rotation == session.Rotation - 1 && IsBelieved(session, out var hasMoved))
        {
            // The network it came from is the session's from now on: the other tabs that follow are no further moves.
            if (hasMoved) await db.ExecuteAsync("update session set moves = moves + 1, rotated_ip = @Ip::inet where id = @Id", new { session.Id, from.Ip }, transaction);
            await transaction.CommitAsync(ct);
            return (Pair(session), null);
        }

        await db.ExecuteAsync("update session set reuse_ip = @Ip::inet, reuse_device = @Device where id = @Id", new { session.Id, from.Ip, from.Device }, transaction);
        await End(db, transaction, session.AccountId, session.Id, "refresh_token_reused");
        await AuditTrail.Write(db, transaction, new AuditEntry(AuditActions.RefreshTokenReused, session.AccountId, from.In(session.Id)));
        await transaction.CommitAsync(ct);
        return (null, Errors.RefreshTokenReused);
    }

    /// <summary>
    /// The parent of the active token, from the device that spent it: moments later by another tab, or at any time when its answer never arrived, for nobody
    /// used what it brought. From another network the second may as well be a thief's, and is believed a few times only.
    /// </summary>
    private static bool IsBelieved(Stale session, out bool hasMoved)
    {
        hasMoved = !session.SameNetwork;
        if (!session.SameDevice) return false;
        return hasMoved ? !session.AnswerArrived && session.Moves < MovesMax : session.JustRotated || !session.AnswerArrived;
    }

    /// <summary>Between the two statements the session came back to this token's rotation: it is the active one after all.</summary>
    private async Task<(TokenPair? Pair, Error? Error)> Again(NpgsqlTransaction transaction, string token, Origin from, CancellationToken ct)
    {
        await transaction.RollbackAsync(ct);
        return await Rotate(token, from, ct);
    }

    /// <summary>Ends one session: its refresh token is dead with the commit, its access tokens, sockets and URLs on every node moments later. False when it was over.</summary>
    internal static async Task<bool> End(NpgsqlConnection db, NpgsqlTransaction transaction, Guid accountId, Guid sessionId, string reason) =>
        await db.ExecuteScalarAsync<long>("""
            with ended as (
              update session set ended_at = now(), end_reason = @reason where id = @sessionId and account_id = @accountId and ended_at is null returning id
            ), revoked as (
              insert into revocation (subject, epoch_min, expires_at) select id, 2147483647, now() + @keptFor from ended
              on conflict (subject) do update set epoch_min = excluded.epoch_min, expires_at = excluded.expires_at
              returning subject
            )
            select count(pg_notify('veza_revocation', subject || ' 2147483647')) from revoked
            """, new { sessionId, accountId, reason, keptFor = Revocations.KeptFor }, transaction) == 1;

    /// <summary>Ends all sessions of an account, or all but one. How many.</summary>
    internal static Task<long> EndAll(NpgsqlConnection db, NpgsqlTransaction transaction, Guid accountId, string reason, Guid? except = null) =>
        db.ExecuteScalarAsync<long>("""
            with ended as (
              update session set ended_at = now(), end_reason = @reason
               where account_id = @accountId and ended_at is null and id is distinct from @except returning id
            ), revoked as (
              insert into revocation (subject, epoch_min, expires_at) select id, 2147483647, now() + @keptFor from ended
              on conflict (subject) do update set epoch_min = excluded.epoch_min, expires_at = excluded.expires_at
              returning subject
            )
            select count(pg_notify('veza_revocation', subject || ' 2147483647')) from revoked
            """, new { accountId, reason, except, keptFor = Revocations.KeptFor }, transaction);

    /// <summary>A factor was proven again in this session: the token that says so. Null when the session is over.</summary>
    internal async Task<TokenPair?> StepUp(NpgsqlConnection db, NpgsqlTransaction transaction, Guid sessionId)
    {
        var row = await db.QuerySingleOrDefaultAsync<Row>("""
            update session set authenticated_at = now() from account
             where session.id = @sessionId and ended_at is null and expires_at > now() and account.id = session.account_id
            returning session.id, account_id, rotation, epoch, authenticated_at, username, roles
            """, new { sessionId }, transaction);
        return row is null ? null : Pair(row);
    }

    /// <summary>Sessions that ended or expired long ago, and revocations that have nothing left to revoke.</summary>
    internal static async Task ForgetOld(NpgsqlConnection db)
    {
        await db.ExecuteAsync("delete from session where id in (select id from session where expires_at < now() - interval '60 days' limit @ForgetBatchMax)", new { ForgetBatchMax });
        await db.ExecuteAsync("delete from revocation where subject in (select subject from revocation where expires_at < now() limit @ForgetBatchMax)", new { ForgetBatchMax });
    }

    private TokenPair Pair(Stale s) => Pair(new Row(s.Id, s.AccountId, s.Rotation, s.Epoch, s.AuthenticatedAt, s.Username, s.Roles));

    private TokenPair Pair(Row s) => new(
        accessTokens.Issue(new Bearer(s.AccountId, s.Id, s.Username, s.Roles, s.AuthenticatedAt, s.Epoch, s.Rotation)),
        refreshTokens.Write(s.Id, s.Rotation), "Bearer", settings.Auth.AccessTokenS);
}
