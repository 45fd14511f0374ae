using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Auth;

/// <summary>
/// An account whose row this transaction holds, as it is now. Whoever gives somebody a credential (session, key,
/// passkey, identity, code, device) or takes one away goes through here first: what was believed before is compared
/// with this, and until the commit it stays so.
/// </summary>
/// <remarks>
/// The row is locked before those of its sessions, tickets, passkeys and identities, so nobody waits for each other.
/// What stands in other tables is read in a statement of its own afterwards: one that locks sees them as they were
/// before it waited.
/// </remarks>
internal sealed record LockedAccount(
    Guid Id,
    string Username,
    string DisplayName,
    string Email,
    string? AvatarUrl,
    string Bio,
    string[] Roles,
    string Plan,
    DateTime CreatedAt,
    string? PasswordHash,
    DateTime PasswordChangedAt,
    bool IsVerified,
    bool Suspended,
    DateTime? SuspendedUntil,
    string? SuspensionReason
)
{
    private const string Row = """
        select id, username, display_name, email, avatar_url, bio, roles, plan, created_at, password_hash,
          password_changed_at, email_verified_at is not null as is_verified,
               suspended_at is not null and (suspended_until is null or suspended_until > now()) as suspended,
                 suspended_until, suspension_reason
          from account
        """;

    internal Account Account => new(Id, Username, DisplayName, Email, AvatarUrl, Bio, Roles, Plan, CreatedAt);

    internal Error Suspension =>
        AuthErrors.AccountSuspended.Saying(
            $"This account is suspended{(SuspendedUntil is { } end ? $" until {end:yyyy-MM-ddTHH:mm:ssZ}" : "")}{(string.IsNullOrEmpty(SuspensionReason) ? "" : $": {SuspensionReason}")}"
        );

    /// <summary>Whether an e-mail to this address went to the address that the account has.</summary>
    internal bool Has(string? email) => string.Equals(Email, email, StringComparison.OrdinalIgnoreCase);

    /// <summary>One after the other with all who change the account or its credentials.</summary>
    internal static Task<LockedAccount?> Hold(NpgsqlConnection db, NpgsqlTransaction transaction, Guid id) =>
        db.QuerySingleOrDefaultAsync<LockedAccount>($"{Row} where id = @id for no key update", new { id }, transaction);

    internal static Task<LockedAccount?> HoldByEmail(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        string email
    ) =>
        db.QuerySingleOrDefaultAsync<LockedAccount>(
            $"{Row} where lower(email) = lower(@email) for no key update",
            new { email },
            transaction
        );

    /// <summary>Side by side with others who only need it to stay as it is.</summary>
    internal static Task<LockedAccount?> Keep(NpgsqlConnection db, NpgsqlTransaction transaction, Guid id) =>
        db.QuerySingleOrDefaultAsync<LockedAccount>($"{Row} where id = @id for share", new { id }, transaction);

    /// <summary>The caller's own account, unless what let the caller in is over by now.</summary>
    internal static async Task<(LockedAccount? Held, Error? Error)> HoldOf(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Caller caller
    )
    {
        if (await Hold(db, transaction, caller.UserId) is not { } held)
            return (null, Errors.TokenInvalid);
        return await held.Refuse(db, transaction, caller) is { } refused ? (null, refused) : (held, null);
    }

    /// <summary>
    /// Another's account, and its caller's own, so that nobody does what was theirs to do a moment ago: of two who
    /// suspend each other at once, one does. Null where there is no such account.
    /// </summary>
    internal static async Task<(LockedAccount? Held, Error? Error)> HoldFor(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Caller caller,
        string permission,
        Guid id
    )
    {
        // In the order of their ids, whoever does what to whom.
        var ids = new PgValue<Guid[]>([caller.UserId, id]);
        var held = (
            await db.QueryAsync<LockedAccount>(
                $"{Row} where id = any(@ids) order by id for no key update",
                new { ids },
                transaction
            )
        ).ToArray();
        if (held.FirstOrDefault(a => a.Id == caller.UserId) is not { } own)
            return (null, Errors.TokenInvalid);
        if (await own.Refuse(db, transaction, caller) is { } refused)
            return (null, refused);
        if (!Permissions.Of(own.Roles).Contains(permission))
            return (null, Errors.Forbidden);
        return held.FirstOrDefault(a => a.Id == id) is { } target ? (target, null) : (null, UsersReads.UserNotFound);
    }

    /// <summary>
    /// Sessions end, and tokens become void, under this lock alone: what is alive now is alive at the commit.
    /// </summary>
    private async Task<Error?> Refuse(NpgsqlConnection db, NpgsqlTransaction transaction, Caller caller)
    {
        if (Suspended)
            return Suspension;
        var epoch = caller.IsApiKey
            ? await db.ExecuteScalarAsync<int?>(
                "select epoch from api_key where id = @SessionId and account_id = @Id",
                new { caller.SessionId, Id },
                transaction
            )
            : await db.ExecuteScalarAsync<int?>(
                """
                select epoch from session where id = @SessionId and account_id = @Id and ended_at is null
                  and expires_at > now()
                """,
                new { caller.SessionId, Id },
                transaction
            );
        if (epoch is null)
            return caller.IsApiKey ? AuthErrors.ApiKeyInvalid : AuthErrors.SessionEnded;
        return epoch > caller.Epoch ? Errors.TokenRevoked : null;
    }
}
