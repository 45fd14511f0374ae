using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Dapper;
using FastEndpoints;
using FluentValidation;
using Npgsql;
using Veza.Features.Auth.Factors;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>
/// Signs in with e-mail or username. A wrong password and an unknown account get the same answer after the same time.
/// </summary>
[HotRead]
internal sealed class Login(PostgresSource postgres, PasswordHasher hasher, SignIn signIn, SecretTries tries)
    : Slice<Login.Request, SignedIn>
{
    internal sealed record Request(string? Email, string? Username, string? Password, string? DeviceToken = null);

    internal sealed class Rules : Validator<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Email)
                .Must((r, _) => !string.IsNullOrEmpty(r.Email ?? r.Username))
                .WithErrorCode("REQUIRED")
                .WithMessage("Send email or username");
            RuleFor(r => r.Password).Present();
        }
    }

    /// <summary>What the password is verified against, as it was when the request came.</summary>
    internal sealed record Known(Guid Id, string? PasswordHash);

    public override void Configure()
    {
        Post("/login");
        Group<AuthGroup>();
        Description(route =>
            route
                .Anonymous()
                .Described(
                    "Sign in",
                    SignedIn.Example,
                    new Request("mira@example.org", null, "a long sentence is best"),
                    errors:
                    [
                        Errors.Validation,
                        AuthErrors.CredentialsInvalid,
                        AuthErrors.AccountSuspended,
                        AuthErrors.AccountLocked,
                        Errors.RateLimited,
                        Errors.HashingBusy,
                    ]
                )
        );
    }

    public override async Task<Answer<SignedIn>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (!PasswordHasher.Fits(request.Password!))
            return AuthErrors.CredentialsInvalid;
        var name = request.Email is { Length: > 0 } email ? email : request.Username!;
        var (known, knownHere) = await Find(request, postgres, HttpContext, ct);

        // Without a slot no password is looked at, not even the right one. No connection is held while it waits its
        // turn.
        using var slot = await tries.TakeByName(HttpContext, name, known?.Id, knownHere);
        if (slot.Refused is { } locked)
            return locked;
        var right = await hasher.Verify(
            request.Password!,
            slot.MayMatch ? known?.PasswordHash : null,
            HttpContext,
            known?.Id ?? Nobody(name)
        );
        if (right is not false)
            await slot.GiveBack();
        if (right is null)
            return Errors.HashingBusy;
        if (right is false)
        {
            await tries.Failed(slot.OfAccount, known?.Id, SignIn.Password, postgres, HttpContext);
            return AuthErrors.CredentialsInvalid;
        }

        // Whether anybody waits for the answer or not: who learns that a password is right leaves a trail.
        await using var db = await postgres.OpenConnectionAsync(CancellationToken.None);
        await using var transaction = await db.BeginTransactionAsync(CancellationToken.None);
        var answer = await Complete(db, transaction, known!, request.DeviceToken, signIn, HttpContext);
        await transaction.CommitAsync(CancellationToken.None);
        return answer;
    }

    /// <summary>
    /// Whose share of the queue a name without an account uses up: one that is full tells nobody that there is one.
    /// </summary>
    private static Guid Nobody(string name) =>
        new(SHA256.HashData(Encoding.UTF8.GetBytes(name.ToLowerInvariant())).AsSpan(0, 16));

    /// <summary>
    /// The password was right for the hash that was read before; it counts if the account still has that one.
    /// </summary>
    private static async Task<Answer<SignedIn>> Complete(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Known known,
        string? deviceToken,
        SignIn signIn,
        HttpContext http
    )
    {
        if (
            await LockedAccount.Hold(db, transaction, known.Id) is { } account
            && account.PasswordHash == known.PasswordHash
        )
            return await signIn.Complete(db, transaction, account, SignIn.Password, http, deviceToken);
        await SignIn.RefusedMeanwhile(db, transaction, known.Id, SignIn.Password, Origin.Of(http));
        return AuthErrors.CredentialsInvalid;
    }

    private static async Task<(Known? Known, bool KnownHere)> Find(
        Request request,
        PostgresSource postgres,
        HttpContext http,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var known = request.Email is { Length: > 0 } email
            ? await db.QuerySingleOrDefaultAsync<Known>(
                """
                select id, password_hash from account where lower(email) = lower(@email)
                """,
                new { email }
            )
            : await db.QuerySingleOrDefaultAsync<Known>(
                """
                select id, password_hash from account where lower(username) = lower(@Username)
                """,
                new { request.Username }
            );
        return (
            known,
            await SecretTries.Knows(db, http, known?.Id, request.DeviceToken ?? TrustedDevices.TokenOf(http))
        );
    }
}

[JsonSerializable(typeof(Login.Request))]
internal sealed partial class LoginJson : JsonSerializerContext;
