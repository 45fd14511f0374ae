using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.OAuth;

/// <summary>
/// Whose account a proven identity is: docs/decisions/0007-whose-account.md has the rules and what they keep out. The
/// provider's subject decides; its address does so once, and only where both sides have verified it.
/// </summary>
internal sealed class Identities(IdentityStore store)
{
    private const int RoundsMax = 4;
    private const string Round = "round";

    /// <summary>The account to sign in to, held, which is made when there is none; or why not.</summary>
    internal async Task<(LockedAccount? Account, Error? Error)> Resolve(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        IIdentityProvider provider,
        ProvenIdentity proven,
        HttpContext http
    )
    {
        var from = Origin.Of(http);
        // Whoever comes between two statements leaves something to find in the next round, which holds nothing of the
        // one before.
        for (var round = 0; round < RoundsMax; round++)
        {
            await transaction.SaveAsync(Round);
            var owner = await IdentityStore.OwnerOf(db, transaction, provider, proven);
            if (
                owner is { } id
                && await LockedAccount.Hold(db, transaction, id) is { } known
                && await store.Renew(db, transaction, provider, proven, id)
            )
                return (known, null);
            if (owner is null)
            {
                if (!proven.ProvesEmail)
                    return (null, AuthErrors.ProviderEmailUnverified);
                var namesake = await LockedAccount.HoldByEmail(db, transaction, proven.Email!);
                var (account, error) = namesake is null
                    ? (await Create(db, transaction, provider, proven, from), null)
                    : await Adopt(db, transaction, provider, proven, namesake, from);
                if (account is not null || error is not null)
                    return (account, error);
            }

            await transaction.RollbackAsync(Round);
        }

        return (null, Errors.Unavailable);
    }

    /// <summary>Whether <see cref="Resolve"/> is about to make an account.</summary>
    internal static async Task<bool> WouldMake(
        NpgsqlConnection db,
        IIdentityProvider provider,
        ProvenIdentity proven
    ) =>
        proven.ProvesEmail
        && await IdentityStore.OwnerOf(db, null, provider, proven) is null
        && !await db.ExecuteScalarAsync<bool>(
            "select exists (select 1 from account where lower(email) = lower(@Email))",
            new { proven.Email }
        );

    /// <summary>Links to the account of a session that asked for it, and is alive.</summary>
    internal async Task<Error?> Link(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        IIdentityProvider provider,
        ProvenIdentity proven,
        Guid accountId,
        Guid sessionId,
        Origin from
    )
    {
        if (await LockedAccount.Hold(db, transaction, accountId) is not { Suspended: false } account)
            return AuthErrors.SessionEnded;
        var isAlive = await db.ExecuteScalarAsync<bool>(
            """
            select exists (select 1 from session where id = @sessionId and account_id = @accountId and ended_at is null
              and expires_at > now())
            """,
            new { sessionId, accountId },
            transaction
        );
        if (!isAlive)
            return AuthErrors.SessionEnded;

        // Somebody may have registered with an address that is not theirs. What they link before it is verified would
        // stay theirs when its owner comes.
        if (!account.IsVerified && !(proven.ProvesEmail && IsSame(account.Email, proven.Email!)))
            return AuthErrors.EmailVerificationFirst;
        if (await store.Link(db, transaction, provider, proven, accountId, from, accountId))
            return null;
        return await store.Renew(db, transaction, provider, proven, accountId) ? null : AuthErrors.IdentityTaken;
    }

    /// <summary>Links to the account with the same address, where that is safe without asking its owner.</summary>
    private async Task<(LockedAccount?, Error?)> Adopt(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        IIdentityProvider provider,
        ProvenIdentity proven,
        LockedAccount namesake,
        Origin from
    )
    {
        // The second factor would be asked for only after the link is made.
        if (
            !namesake.IsVerified
            || !IsSame(namesake.Email, proven.Email!)
            || await SignIn.HasSecondFactor(db, transaction, namesake.Id)
        )
        {
            var detail = $$"""{"method":"{{IdentityProviders.MethodOf(provider.Name)}}","cause":"not_linked"}""";
            await AuditTrail.Write(
                db,
                transaction,
                new AuditEntry(AuditActions.SignInRefused, namesake.Id, from, DetailJson: detail)
            );
            return (null, AuthErrors.AccountExistsLinkFirst);
        }

        // Nothing is linked to the suspended, whom the sign-in refuses with the reason.
        if (namesake.Suspended)
            return (namesake, null);
        return (await store.Link(db, transaction, provider, proven, namesake.Id, from, null) ? namesake : null, null);
    }

    /// <summary>A new account without a password; null when somebody else was faster.</summary>
    private async Task<LockedAccount?> Create(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        IIdentityProvider provider,
        ProvenIdentity proven,
        Origin from
    )
    {
        foreach (var username in UsernameIdeas.From(proven.Username))
        {
            var id = Guid.CreateVersion7();
            var displayName = UsernameIdeas.Display(proven.DisplayName) ?? username;
            var made = await db.ExecuteAsync(
                """
                insert into account (id, email, username, display_name, email_verified_at)
                  values (@id, @Email, @username, @displayName, now())
                on conflict do nothing
                """,
                new
                {
                    id,
                    proven.Email,
                    username,
                    displayName,
                },
                transaction
            );
            if (made == 0)
            {
                if (
                    await db.ExecuteScalarAsync<bool>(
                        "select exists (select 1 from account where lower(email) = lower(@Email))",
                        new { proven.Email },
                        transaction
                    )
                )
                    return null;
                continue;
            }

            // The same person in a second tab was faster by a moment: theirs stays, and this round is undone.
            if (!await store.Link(db, transaction, provider, proven, id, from, id))
                return null;
            await AuditTrail.Write(
                db,
                transaction,
                new AuditEntry(
                    AuditActions.Registered,
                    id,
                    from,
                    id,
                    $$"""{"method":"{{IdentityProviders.MethodOf(provider.Name)}}"}"""
                )
            );
            return await LockedAccount.Hold(db, transaction, id);
        }

        throw new RefusedException(AuthErrors.UsernameTaken);
    }

    /// <summary>
    /// The same but for the case of ASCII characters, whatever the database's language holds for lower case.
    /// </summary>
    private static bool IsSame(string ours, string theirs) => System.Text.Ascii.EqualsIgnoreCase(ours, theirs);
}
