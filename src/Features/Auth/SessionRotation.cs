using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>
/// Renews the tokens of a session. docs/API.md says in words when a spent refresh token is believed; the model test
/// holds it.
/// </summary>
[HotRead]
internal sealed class SessionRotation(
    PostgresSource postgres,
    RefreshTokens refreshTokens,
    Sessions sessions,
    AuthSettings settings
)
{
    private const int MovesMax = 3;

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
        var rotated = await db.QuerySingleOrDefaultAsync<Sessions.Row>(
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
            await transaction.CommitAsync(CancellationToken.None);
            return (sessions.Pair(account, rotated), null);
        }

        return await Judge(db, transaction, account, given, from);
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
        Origin from
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
            await transaction.CommitAsync(CancellationToken.None);
            return (
                sessions.Pair(
                    account,
                    new Sessions.Row(session.Id, session.Rotation, session.Epoch, session.AuthenticatedAt)
                ),
                null
            );
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
        await Sessions.End(db, transaction, account.Id, session.Id, "refresh_token_reused");
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
}
