using System.Text.Json.Serialization;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>Who signed in and with which tokens; or, where a second factor is on, the ticket with which to bring it: the answer of every way in.</summary>
internal sealed record SignedIn
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public Account? User { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? AccessToken { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? RefreshToken { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? TokenType { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public int? ExpiresIn { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public bool? MfaRequired { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? MfaToken { get; init; }
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string[]? Methods { get; init; }

    /// <summary>With which the next sign-in on this device skips the second factor, where that was asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] public string? DeviceToken { get; init; }

    internal static readonly SignedIn Example = Of(Account.Example, new TokenPair(
        "eyJhbGciOiJFUzI1NiIsImtpZCI6IjlmMmMxYTdlIiwidHlwIjoiYXQrand0In0.eyJzdWIiOiIwMTliMGM1ZSJ9.c2ln", "nywafgGbDF6KMHwRnT5fDUwaKzwAAAAA6pE1bM9R0m0mG0pK1cHb0w", "Bearer", 600));

    internal static SignedIn Of(Account account, TokenPair pair) =>
        new() { User = account, AccessToken = pair.AccessToken, RefreshToken = pair.RefreshToken, TokenType = pair.TokenType, ExpiresIn = pair.ExpiresIn };
}

/// <summary>The one way in: what happens after a first factor was proven, whichever it was.</summary>
internal sealed class SignIn(Sessions sessions, Tickets tickets)
{
    internal const string Password = "password", MagicLink = "magic_link", Passkey = "passkey", Totp = "totp", RecoveryCode = "recovery_code";
    internal static readonly TimeSpan MfaLifetime = TimeSpan.FromMinutes(10);
    private static readonly string[] SecondFactors = [Totp, RecoveryCode];

    internal sealed record State(bool Suspended, DateTime? SuspendedUntil, string? SuspensionReason, bool HasSecondFactor, DateTime PasswordChangedAt);

    /// <summary>
    /// Refuses the suspended, asks for the second factor where one is on, else begins the session. Everything is in the caller's transaction, which
    /// it commits whatever the answer. A device token is that of an earlier sign-in on a device that was trusted.
    /// </summary>
    internal async Task<Answer<SignedIn>> Complete(
        NpgsqlConnection db, NpgsqlTransaction transaction, Credentials account, string method, HttpContext http, string? deviceToken = null, string message = "Welcome back")
    {
        var from = Origin.Of(http);
        var state = await Look(db, transaction, account.Id);
        if (await RefuseSuspended(db, transaction, account.Id, state, method, from) is { } suspended) return suspended;

        // A passkey with user verification is two factors in one.
        if (state.HasSecondFactor && method != Passkey && !await TrustedDevices.Knows(db, transaction, account.Id, deviceToken, http))
        {
            var ticket = await tickets.Issue(db, transaction, TicketPurpose.Mfa, new TicketDraft(account.Id, null, MfaLifetime, $$"""{"method":"{{method}}"}"""));
            await AuditTrail.Write(db, transaction, new AuditEntry(AuditActions.SecondFactorAsked, account.Id, from, DetailJson: $$"""{"method":"{{method}}"}"""));
            return Answer<SignedIn>.Of(new SignedIn { MfaRequired = true, MfaToken = ticket.Token, Methods = SecondFactors }, "Send the code of your authenticator app, or a recovery code");
        }

        return Answer<SignedIn>.Of(await Begin(db, transaction, account, [method], http), message);
    }

    /// <summary>After all factors: the session and its tokens.</summary>
    internal async Task<SignedIn> Begin(NpgsqlConnection db, NpgsqlTransaction transaction, Credentials account, string[] methods, HttpContext http)
    {
        var pair = await sessions.Begin(db, transaction, account.Id, account.Username, account.Roles, methods, http);
        return SignedIn.Of(account.Account, pair);
    }

    /// <summary>After the second factor of a ticket: who was suspended meanwhile stays out, and so does who began with a password that has changed since.</summary>
    internal static async Task<Error?> RefuseMeanwhile(NpgsqlConnection db, NpgsqlTransaction transaction, Guid accountId, string method, DateTime begunAt, Origin from)
    {
        var state = await Look(db, transaction, accountId);
        return await RefuseSuspended(db, transaction, accountId, state, method, from) ?? (state.PasswordChangedAt > begunAt ? Errors.MfaTokenInvalid : null);
    }

    internal static Error Suspension(DateTime? until, string? reason) => Errors.AccountSuspended.Saying(
        $"This account is suspended{(until is { } end ? $" until {end:yyyy-MM-ddTHH:mm:ssZ}" : "")}{(string.IsNullOrEmpty(reason) ? "" : $": {reason}")}");

    /// <summary>The credentials of an account for a way in that needs no password.</summary>
    internal static Task<Credentials?> Find(NpgsqlConnection db, NpgsqlTransaction? transaction, Guid accountId) => db.QuerySingleOrDefaultAsync<Credentials>("""
        select id, username, display_name, email, avatar_url, bio, roles, plan, created_at, password_hash from account where id = @accountId
        """, new { accountId }, transaction);

    private static async Task<Error?> RefuseSuspended(NpgsqlConnection db, NpgsqlTransaction transaction, Guid accountId, State state, string method, Origin from)
    {
        if (!state.Suspended) return null;
        await AuditTrail.Write(db, transaction, new AuditEntry(AuditActions.SignInRefused, accountId, from, DetailJson: $$"""{"method":"{{method}}","cause":"suspended"}"""));
        return Suspension(state.SuspendedUntil, state.SuspensionReason);
    }

    private static Task<State> Look(NpgsqlConnection db, NpgsqlTransaction transaction, Guid accountId) => db.QuerySingleAsync<State>("""
        select suspended_at is not null and (suspended_until is null or suspended_until > now()) as suspended, suspended_until, suspension_reason,
               exists (select 1 from totp where account_id = account.id and confirmed_at is not null) as has_second_factor, password_changed_at
          from account where id = @accountId
        """, new { accountId }, transaction);
}
