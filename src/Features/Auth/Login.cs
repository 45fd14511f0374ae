using System.Text.Json.Serialization;
using Dapper;
using FluentValidation;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;

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
            errors: [Errors.Validation, Errors.CredentialsInvalid, Errors.AccountSuspended, Errors.HashingBusy]);

    private static async Task<Answer<SignedIn>> Handle(Request request, NpgsqlDataSource postgres, PasswordHasher hasher, SignIn signIn, HttpContext http, CancellationToken ct)
    {
        if (Sound.Refuse(request) is { } refused) return refused;
        var known = await Find(request, postgres, ct);
        if (!PasswordHasher.Fits(request.Password!)) return Errors.CredentialsInvalid;

        // No connection is held while the password waits its turn.
        switch (await hasher.Verify(request.Password!, known?.PasswordHash))
        {
            case null: return Errors.HashingBusy;
            case false:
                await RememberFailure(postgres, known?.Id, http, ct);
                return Errors.CredentialsInvalid;
        }

        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var answer = await signIn.Complete(db, transaction, known!, SignIn.Password, http, request.DeviceToken);
        await transaction.CommitAsync(ct);
        return answer;
    }

    private static async Task RememberFailure(NpgsqlDataSource postgres, Guid? accountId, HttpContext http, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await AuditTrail.Write(db, null, new AuditEntry(AuditActions.SignInFailed, accountId, Origin.Of(http), DetailJson: """{"method":"password"}"""));
    }

    private static async Task<Credentials?> Find(Request request, NpgsqlDataSource postgres, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return request.Email is { Length: > 0 } email
            ? await db.QuerySingleOrDefaultAsync<Credentials>("""
                select id, username, display_name, email, avatar_url, bio, roles, plan, created_at, password_hash
                  from account where lower(email) = lower(@email)
                """, new { email })
            : await db.QuerySingleOrDefaultAsync<Credentials>("""
                select id, username, display_name, email, avatar_url, bio, roles, plan, created_at, password_hash
                  from account where lower(username) = lower(@Username)
                """, new { request.Username });
    }
}

[JsonSerializable(typeof(Login.Request))]
internal sealed partial class LoginJson : JsonSerializerContext;
