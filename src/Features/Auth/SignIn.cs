using System.Text.Json.Serialization;
using Dapper;
using Npgsql;
using Veza.Features.Auth.Factors;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>
/// Who signed in and with which tokens; or, where a second factor is on, the ticket with which to bring it: the answer
/// of every way in.
/// </summary>
internal sealed record SignedIn : INeverStored
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Account? User { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? AccessToken { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RefreshToken { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TokenType { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? ExpiresIn { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? MfaRequired { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? MfaToken { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string[]? Methods { get; init; }

    /// <summary>With which the next sign-in on this device skips the second factor, where that was asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DeviceToken { get; init; }

    internal static readonly SignedIn Example = Of(
        Account.Example,
        new TokenPair(
            "eyJhbGciOiJFUzI1NiIsImtpZCI6IjlmMmMxYTdlIiwidHlwIjoiYXQrand0In0.eyJzdWIiOiIwMTliMGM1ZSJ9.c2ln",
            "nywafgGbDF6KMHwRnT5fDUwaKzwAAAAA6pE1bM9R0m0mG0pK1cHb0w",
            "Bearer",
            600
        )
    );

    internal static SignedIn Of(Account account, TokenPair pair) =>
        new()
        {
            User = account,
            AccessToken = pair.AccessToken,
            RefreshToken = pair.RefreshToken,
            TokenType = pair.TokenType,
            ExpiresIn = pair.ExpiresIn,
        };
}

/// <summary>The one way in: what happens after a first factor was proven, whichever it was.</summary>
internal sealed class SignIn(Sessions sessions, Tickets tickets)
{
    internal const string Password = "password",
        MagicLink = "magic_link",
        Passkey = "passkey",
        Totp = "totp",
        RecoveryCode = "recovery_code";
    internal static readonly TimeSpan MfaLifetime = TimeSpan.FromMinutes(10);
    private static readonly string[] SecondFactors = [Totp, RecoveryCode];

    /// <summary>
    /// Refuses the suspended, asks for the second factor where one is on, else begins the session. The account is held
    /// by the caller's transaction, in which the factor was proven against it as it is; the caller commits whatever the
    /// answer. A device token is that of an earlier sign-in on a device that was trusted.
    /// </summary>
    internal async Task<Answer<SignedIn>> Complete(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        LockedAccount account,
        string method,
        HttpContext http,
        string? deviceToken = null,
        string message = "Welcome back"
    )
    {
        var from = Origin.Of(http);
        if (await RefuseSuspended(db, transaction, account, method, from) is { } suspended)
            return suspended;

        // A passkey with user verification is two factors in one.
        if (
            method != Passkey
            && await HasSecondFactor(db, transaction, account.Id)
            && !await TrustedDevices.Knows(db, transaction, account, deviceToken, http)
        )
        {
            var ticket = await tickets.Issue(
                db,
                transaction,
                TicketPurpose.Mfa,
                new TicketDraft(account.Id, null, MfaLifetime, $$"""{"method":"{{method}}"}""")
            );
            await AuditTrail.Write(
                db,
                transaction,
                new AuditEntry(
                    AuditActions.SecondFactorAsked,
                    account.Id,
                    from,
                    DetailJson: $$"""{"method":"{{method}}"}"""
                )
            );
            return Answer<SignedIn>.Of(
                new SignedIn
                {
                    MfaRequired = true,
                    MfaToken = ticket.Token,
                    Methods = SecondFactors,
                },
                "Send the code of your authenticator app, or a recovery code"
            );
        }

        return Answer<SignedIn>.Of(await Begin(db, transaction, account, [method], http), message);
    }

    /// <summary>After all factors: the session and its tokens.</summary>
    internal async Task<SignedIn> Begin(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        LockedAccount account,
        string[] methods,
        HttpContext http
    ) => SignedIn.Of(account.Account, await sessions.Begin(db, transaction, account, methods, http));

    /// <summary>
    /// After the second factor of a ticket: who was suspended meanwhile stays out, and so does who began with a
    /// password that has changed since.
    /// </summary>
    internal static async Task<Error?> RefuseMeanwhile(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        LockedAccount account,
        string method,
        DateTime begunAt,
        Origin from
    ) =>
        await RefuseSuspended(db, transaction, account, method, from)
        ?? (account.PasswordChangedAt > begunAt ? AuthErrors.MfaTokenInvalid : null);

    /// <summary>
    /// The account changed while its password was being verified: what was right then is not what signs in now.
    /// </summary>
    internal static Task RefusedMeanwhile(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Guid accountId,
        string method,
        Origin from
    ) =>
        AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(
                AuditActions.SignInRefused,
                accountId,
                from,
                DetailJson: $$"""{"method":"{{method}}","cause":"changed_meanwhile"}"""
            )
        );

    private static async Task<Error?> RefuseSuspended(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        LockedAccount account,
        string method,
        Origin from
    )
    {
        if (!account.Suspended)
            return null;
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(
                AuditActions.SignInRefused,
                account.Id,
                from,
                DetailJson: $$"""{"method":"{{method}}","cause":"suspended"}"""
            )
        );
        return account.Suspension;
    }

    /// <summary>In a statement of its own, after the account is held: see <see cref="LockedAccount"/>.</summary>
    internal static Task<bool> HasSecondFactor(NpgsqlConnection db, NpgsqlTransaction transaction, Guid accountId) =>
        db.ExecuteScalarAsync<bool>(
            "select exists (select 1 from totp where account_id = @accountId and confirmed_at is not null)",
            new { accountId },
            transaction
        );
}
