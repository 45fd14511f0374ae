using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>
/// The tokens of a session: an access token for minutes, and a refresh token that is good for one use.
/// </summary>
internal sealed record TokenPair(string AccessToken, string RefreshToken, string TokenType, int ExpiresIn)
    : INeverStored;

/// <summary>
/// Begins, rotates and ends sessions. docs/API.md says in words when a spent refresh token is believed; the model test
/// holds it.
/// </summary>
[HotRead]
internal sealed class Sessions(
    PostgresSource postgres,
    RefreshTokens refreshTokens,
    AccessTokens accessTokens,
    AuthSettings settings
)
{
    private const int MovesMax = 3,
        ForgetBatchMax = 1000;

    internal sealed record Row(Guid Id, int Rotation, int Epoch, DateTime AuthenticatedAt);

    /// <summary>A session whose refresh token did not fit, and how.</summary>
    internal sealed record Stale(
        Guid Id,
        int Rotation,
        int Epoch,
        DateTime AuthenticatedAt,
        bool Over,
        bool JustRotated,
        bool AnswerArrived,
        bool SameNetwork,
        bool SameDevice,
        int Moves
    );

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
    /// Spends a refresh token for a new pair. A spent one gets the current pair again where that is safe; else the
    /// session ends. What the new token says of the account is what it is: whoever changes roles or suspends waits, or
    /// is waited for.
    /// </summary>
    internal async Task<(TokenPair? Pair, Error? Error)> Rotate(string token, Origin from, CancellationToken ct)
    {
        if (refreshTokens.Read(token) is not { } given)
            return (null, AuthErrors.RefreshTokenInvalid);
        while (true)
            if (await Spend(given, from, ct) is { } outcome)
                return outcome;
    }

    /// <summary>Null when it has to be looked at again.</summary>
    private async Task<(TokenPair? Pair, Error? Error)?> Spend(
        RefreshTokens.Parsed given,
        Origin from,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var owner = await db.ExecuteScalarAsync<Guid?>(
            "select account_id from session where id = @SessionId",
            new { given.SessionId },
            transaction
        );
        if (owner is not { } id || await LockedAccount.Keep(db, transaction, id) is not { Suspended: false } account)
            return (null, AuthErrors.SessionEnded);
        var rotated = await db.QuerySingleOrDefaultAsync<Row>(
            """
            update session set rotation = rotation + 1, rotated_at = now(), last_seen_at = now(),
              rotated_ip = @Ip::inet, rotated_device = @Device
             where id = @SessionId and rotation = @Rotation and ended_at is null and expires_at > now()
            returning id, rotation, epoch, authenticated_at
            """,
            new
            {
                given.SessionId,
                given.Rotation,
                from.Ip,
                from.Device,
            },
            transaction
        );
        if (rotated is not null)
        {
            await transaction.CommitAsync(ct);
            return (Pair(account, rotated), null);
        }

        return await Judge(db, transaction, account, given, from, ct);
    }

    /// <summary>
    /// What becomes of a token that is not the active one; null when it is after all, because the session came back to
    /// its rotation meanwhile.
    /// </summary>
    private async Task<(TokenPair? Pair, Error? Error)?> Judge(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        LockedAccount account,
        RefreshTokens.Parsed given,
        Origin from,
        CancellationToken ct
    )
    {
        // Locked, so that of several spent tokens at once each is judged by what the one before has done.
        var session = await db.QuerySingleOrDefaultAsync<Stale>(
            """
            select id, rotation, epoch, authenticated_at,
                   ended_at is not null or expires_at <= now() as over,
                     rotated_at > clock_timestamp() - @grace::interval as just_rotated,
                     seen_rotation >= rotation as answer_arrived,
                   coalesce(network(set_masklen(rotated_ip, case family(rotated_ip) when 4 then 24
                     else 48 end)) >>= @Ip::inet, @Ip is null) as same_network,
                   rotated_device = @Device as same_device, moves
              from session
             where id = @SessionId
               for update
            """,
            new
            {
                given.SessionId,
                from.Ip,
                from.Device,
                grace = TimeSpan.FromSeconds(settings.RefreshGraceS),
            },
            transaction
        );
        if (session is null || session.Over)
            return (null, AuthErrors.SessionEnded);
        if (given.Rotation == session.Rotation)
            return null;
        if (given.Rotation == session.Rotation - 1 && IsBelieved(session, out var hasMoved))
        {
            // The network it came from is the session's from now on: the other tabs that follow are no further moves.
            if (hasMoved)
                await db.ExecuteAsync(
                    "update session set moves = moves + 1, rotated_ip = @Ip::inet where id = @Id",
                    new { session.Id, from.Ip },
                    transaction
                );
            await transaction.CommitAsync(ct);
            return (Pair(account, new Row(session.Id, session.Rotation, session.Epoch, session.AuthenticatedAt)), null);
        }

        await db.ExecuteAsync(
            "update session set reuse_ip = @Ip::inet, reuse_device = @Device where id = @Id",
            new
            {
                session.Id,
                from.Ip,
                from.Device,
            },
            transaction
        );
        await End(db, transaction, account.Id, session.Id, "refresh_token_reused");
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(AuditActions.RefreshTokenReused, account.Id, from.In(session.Id))
        );
        // Whether anybody waits for the answer or not: a theft that was seen has consequences.
        await transaction.CommitAsync(CancellationToken.None);
        return (null, AuthErrors.RefreshTokenReused);
    }

    /// <summary>
    /// The parent of the active token, from the device that spent it: moments later by another tab, or at any time when
    /// its answer never arrived, for nobody used what it brought. From another network the second may as well be a
    /// thief's, and is believed a few times only.
    /// </summary>
    private static bool IsBelieved(Stale session, out bool hasMoved)
    {
        hasMoved = !session.SameNetwork;
        if (!session.SameDevice)
            return false;
        return hasMoved
            ? !session.AnswerArrived && session.Moves < MovesMax
            : session.JustRotated || !session.AnswerArrived;
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

    private TokenPair Pair(LockedAccount account, Row s) =>
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
