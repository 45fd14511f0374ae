using System.Text.Json.Serialization;
using Dapper;
using FluentValidation;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Auth;

/// <summary>Signs in with e-mail or username. A wrong password and an unknown account get the same answer after the same time.</summary>
internal static class Login
{
    internal sealed record Request(string? Email, string? Username, string? Password, string? DeviceToken = null);

    internal sealed class Rules : RulesFor<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Email).Must((r, _) => !string.IsNullOrEmpty(r.Email ?? r.Username)).WithErrorCode("REQUIRED").WithMessage("Send email or username");
            RuleFor(r => r.Password).Present();
        }
    }

    private static readonly Rules Sound = new();

    internal static void Endpoint(IEndpointRouteBuilder routes) => routes.MapPost("/api/v1/auth/login", Handle).WithName("Login").Anonymous()
        .Documented("Auth", "Sign in", SignedIn.Example, new Request("mira@example.org", null, "a long sentence is best"),
            errors: [Errors.Validation, Errors.CredentialsInvalid, Errors.AccountSuspended, Errors.AccountLocked, Errors.RateLimited, Errors.HashingBusy]);

    private static async Task<Answer<SignedIn>> Handle(Request request, PostgresSource postgres, PasswordHasher hasher, SignIn signIn, SecretTries tries, HttpContext http, CancellationToken ct)
    {
        if (Sound.Refuse(request) is { } refused) return refused;
        if (!PasswordHasher.Fits(request.Password!)) return Errors.CredentialsInvalid;
        var (known, knownHere) = await Find(request, postgres, http, ct);

        // Without a slot no password is looked at, not even the right one. No connection is held while it waits its turn.
        using var slot = await tries.Take(http, known?.Id, knownHere, request.Email is { Length: > 0 } email ? email : request.Username!);
        if (slot.Refused is { } locked) return locked;
        var right = await hasher.Verify(request.Password!, known?.PasswordHash, http, known?.Id);
        if (right is not false) await slot.GiveBack();
        if (right is null) return Errors.HashingBusy;
        await using var db = await postgres.OpenConnectionAsync(ct);
        if (right is false)
        {
            await tries.Failed(db, null, slot, known?.Id, SignIn.Password, http);
            return Errors.CredentialsInvalid;
        }

        await using var transaction = await db.BeginTransactionAsync(ct);
        var answer = await signIn.Complete(db, transaction, known!, SignIn.Password, http, request.DeviceToken);
        await transaction.CommitAsync(ct);
        return answer;
    }

    private static async Task<(Credentials? Known, bool KnownHere)> Find(Request request, PostgresSource postgres, HttpContext http, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var known = request.Email is { Length: > 0 } email
            ? await db.QuerySingleOrDefaultAsync<Credentials>("""
                select id, username, display_name, email, avatar_url, bio, roles, plan, created_at, password_hash
                  from account where lower(email) = lower(@email)
                """, new { email })
            : await db.QuerySingleOrDefaultAsync<Credentials>("""
                select id, username, display_name, email, avatar_url, bio, roles, plan, created_at, password_hash
                  from account where lower(username) = lower(@Username)
                """, new { request.Username });
        return (known, await SecretTries.Knows(db, http, known?.Id, request.DeviceToken ?? http.Request.Cookies[TrustedDevices.Cookie]));
    }
}

[JsonSerializable(typeof(Login.Request))]
internal sealed partial class LoginJson : JsonSerializerContext;
