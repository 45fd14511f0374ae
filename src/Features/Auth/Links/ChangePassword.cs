using System.Text.Json.Serialization;
using Dapper;
using FluentValidation;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Mail;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Auth.Links;

/// <summary>
/// Changes the password of the signed-in account; every other session ends. An account without a password sets its
/// first by a session that proved a factor moments ago.
/// </summary>
internal sealed class ChangePassword(
    PostgresSource postgres,
    PasswordHasher hasher,
    SecretTries tries,
    Keyring keyring,
    Outbox outbox
) : Slice<ChangePassword.Request, ChangePassword.Response>
{
    internal sealed record Request(string? CurrentPassword, string? NewPassword);

    internal sealed record Wanted(string? NewPassword, string?[] Names);

    internal new sealed record Response(long SessionsEnded);

    internal sealed record Held(string? PasswordHash, string Email, string Username, string DisplayName);

    internal sealed class Rules : RulesFor<Wanted>
    {
        public Rules() =>
            RuleFor(r => r.NewPassword).Cascade(CascadeMode.Stop).Present().NewPassword().NotOwnName(r => r.Names);
    }

    private static readonly Rules Validator = new();

    public override void Configure()
    {
        Put("/users/me/password");
        Group<AccountsGroup>();
        Description(route =>
            route
                .Requires(AccountSecure)
                .Described(
                    "Change your password",
                    new Response(2),
                    new Request("a long sentence is best", "a longer sentence is better"),
                    errors:
                    [
                        Errors.Validation,
                        AuthErrors.SessionEnded,
                        AuthErrors.CurrentPasswordWrong,
                        Errors.StepUpRequired,
                        AuthErrors.AccountLocked,
                        Errors.HashingBusy,
                    ]
                )
        );
    }

    public override async Task<Answer<Response>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (await Find(postgres, Caller.UserId, ct) is not { } held)
            return Errors.TokenInvalid;
        if (
            Validator.Refuse(new Wanted(request.NewPassword, [held.Email, held.Username, held.DisplayName])) is
            { } refused
        )
            return refused;
        if (held.PasswordHash is null)
        {
            if (keyring.Now - Caller.AuthenticatedAt > FreshAccess.AgeMax)
                return Errors.StepUpRequired;
        }
        else
        {
            if (string.IsNullOrEmpty(request.CurrentPassword))
                return Errors.Validation.With(
                    new FieldError("current_password", "REQUIRED", "current_password is required")
                );
            if (
                await Check(
                    request.CurrentPassword,
                    held.PasswordHash,
                    Caller.UserId,
                    postgres,
                    hasher,
                    tries,
                    HttpContext,
                    ct
                ) is
                { } wrong
            )
                return wrong;
        }

        if (await hasher.Hash(request.NewPassword!, HttpContext, Caller.UserId) is not { } passwordHash)
            return Errors.HashingBusy;
        return await Change(Caller, held, passwordHash, postgres, outbox, HttpContext, ct);
    }

    /// <summary>A borrowed session guesses no faster than anybody who signs in.</summary>
    private static async Task<Error?> Check(
        string password,
        string passwordHash,
        Guid id,
        PostgresSource postgres,
        PasswordHasher hasher,
        SecretTries tries,
        HttpContext http,
        CancellationToken ct
    )
    {
        if (!PasswordHasher.Fits(password))
            return AuthErrors.CurrentPasswordWrong;
        bool knownHere;
        await using (var looking = await postgres.OpenConnectionAsync(ct))
            knownHere = await SecretTries.Knows(looking, http, id);
        using var slot = await tries.Take(http, id, knownHere);
        if (slot.Refused is { } locked)
            return locked;
        var right = await hasher.Verify(password, passwordHash, http, id);
        if (right is not false)
            await slot.GiveBack();
        if (right is null)
            return Errors.HashingBusy;
        if (right is true)
            return null;
        await tries.Failed(slot, id, SignIn.Password, postgres, http);
        return AuthErrors.CurrentPasswordWrong;
    }

    private static async Task<Held?> Find(PostgresSource postgres, Guid id, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await db.QuerySingleOrDefaultAsync<Held>(
            "select password_hash, email, username, display_name from account where id = @id",
            new { id }
        );
    }

    private static async Task<Answer<Response>> Change(
        Caller caller,
        Held held,
        string passwordHash,
        PostgresSource postgres,
        Outbox outbox,
        HttpContext http,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var (account, over) = await LockedAccount.HoldOf(db, transaction, caller);
        if (account is null)
            return over!;
        // The password that was verified must still be the one: of two changes at once the second was made with a wrong
        // one.
        if (account.PasswordHash != held.PasswordHash)
            return AuthErrors.CurrentPasswordWrong;
        await db.ExecuteAsync(
            """
            update account set password_hash = @passwordHash, password_changed_at = now(), updated_at = now()
              where id = @UserId
            """,
            new { caller.UserId, passwordHash },
            transaction
        );
        var ended = await Sessions.EndAll(db, transaction, caller.UserId, "password_changed", caller.SessionId);
        await Tickets.VoidAll(db, transaction, caller.UserId);
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(AuditActions.PasswordChanged, caller.UserId, Origin.Of(http), caller.UserId)
        );
        await outbox.Send(db, transaction, AccountEmails.PasswordChanged(account.Email, account.Username));
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<Response>.Of(
            new Response(ended),
            ended == 0 ? "The password is changed" : $"The password is changed, and {ended} other sessions have ended"
        );
    }
}

[JsonSerializable(typeof(ChangePassword.Request))]
[JsonSerializable(typeof(Envelope<ChangePassword.Response>))]
internal sealed partial class ChangePasswordJson : JsonSerializerContext;
