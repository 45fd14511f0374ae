using System.Text.Json.Serialization;
using Dapper;
using Veza.Features.Auth.Passkeys;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Auth.Factors;

/// <summary>
/// Proves in a running session that it is still its owner: by password, code or passkey. The token in the answer opens
/// what a stolen session must not.
/// </summary>
internal sealed class StepUp(
    PasswordHasher hasher,
    SecondFactor factor,
    PasskeyProof passkeys,
    SecretTries tries,
    Sessions sessions,
    PostgresSource postgres,
    Settings settings
) : Slice<StepUp.Request, StepUp.Response>
{
    internal sealed record Request(
        string? Password = null,
        string? Code = null,
        PasskeyWire.ProvenCredential? Credential = null
    );

    internal new sealed record Response(string AccessToken, string TokenType, int ExpiresIn) : INeverStored;

    public override void Configure()
    {
        Post("/step-up");
        Group<AuthGroup>();
        Description(route =>
            route
                .Requires(AccountSecure)
                .Described(
                    "Prove a factor again, for what needs it",
                    new Response(SignedIn.Example.AccessToken!, "Bearer", 600),
                    new Request("a long sentence is best"),
                    errors:
                    [
                        Errors.Validation,
                        AuthErrors.StepUpFailed,
                        AuthErrors.PasskeyChallengeInvalid,
                        AuthErrors.AccountLocked,
                        AuthErrors.SessionEnded,
                        Errors.HashingBusy,
                    ]
                )
        );
    }

    public override async Task<Answer<Response>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (new object?[] { request.Password, request.Code, request.Credential }.Count(p => p is not null) != 1)
            return Errors.Validation.With(
                new FieldError("password", "REQUIRED", "Send one of password, code and credential")
            );

        // A stolen session is no place to guess from: one count with the tries at signing in. No connection is held
        // while the password waits its turn.
        var (hash, isKnown) = await Find(Caller, postgres, HttpContext, ct);
        using var slot = await tries.Take(HttpContext, Caller.UserId, isKnown);
        if (slot.Refused is { } locked)
            return locked;
        var isPassword =
            request.Password is { } password && PasswordHasher.Fits(password)
                ? await hasher.Verify(password, hash, HttpContext, Caller.UserId)
                : false;
        if (isPassword is null)
        {
            await slot.GiveBack();
            return Errors.HashingBusy;
        }

        // From here on whether anybody waits for the answer or not: who hangs up has tried, and it is written down.
        await using var db = await postgres.OpenConnectionAsync(CancellationToken.None);
        await using var transaction = await db.BeginTransactionAsync(CancellationToken.None);
        var (account, over) = await LockedAccount.HoldOf(db, transaction, Caller);
        if (account is null)
        {
            await slot.GiveBack();
            return over!;
        }

        // The password that was right must still be the one.
        var method = isPassword == true && account.PasswordHash == hash ? SignIn.Password : null;
        if (request.Code is { } code)
            method = await factor.Prove(db, transaction, Caller.UserId, code);
        if (request.Credential is { } credential)
        {
            var (owner, error) = await passkeys.Prove(
                db,
                transaction,
                credential,
                Origin.Of(HttpContext),
                Caller.UserId
            );
            if (error is not null && error != AuthErrors.PasskeyRefused)
            {
                // Nothing was guessed at: it would lock the account, and no trail would say so.
                await slot.GiveBack();
                return error;
            }

            method = owner is null ? null : SignIn.Passkey;
        }

        if (method is null)
        {
            await SecretTries.Failed(db, transaction, slot, Caller.UserId, "step_up", HttpContext);
            await transaction.CommitAsync(CancellationToken.None);
            await db.DisposeAsync();
            await tries.Counted();
            return AuthErrors.StepUpFailed;
        }

        var token = await sessions.StepUp(db, transaction, account, Caller);
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(
                AuditActions.SteppedUp,
                Caller.UserId,
                Origin.Of(HttpContext),
                Caller.UserId,
                $$"""{"method":"{{method}}"}"""
            )
        );
        await transaction.CommitAsync(CancellationToken.None);
        await slot.GiveBack();
        return new Response(token, "Bearer", settings.AccessTokenS);
    }

    private static async Task<(string? PasswordHash, bool IsKnown)> Find(
        Caller caller,
        PostgresSource postgres,
        HttpContext http,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var hash = await db.ExecuteScalarAsync<string?>(
            "select password_hash from account where id = @UserId",
            new { caller.UserId }
        );
        return (hash, await SecretTries.Knows(db, http, caller.UserId, TrustedDevices.TokenOf(http)));
    }
}

[JsonSerializable(typeof(StepUp.Request))]
[JsonSerializable(typeof(Envelope<StepUp.Response>))]
internal sealed partial class StepUpJson : JsonSerializerContext;
