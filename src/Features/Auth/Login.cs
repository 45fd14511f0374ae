using System.Text.Json.Serialization;
using Dapper;
using FluentValidation;
using Npgsql;
using Veza.Infrastructure.Http;

namespace Veza.Features.Auth;

/// <summary>Signs in with e-mail or username. A wrong password and an unknown account get the same answer after the same time.</summary>
internal static class Login
{
    internal sealed record Request(string? Email, string? Username, string? Password);

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
            errors: [Errors.Validation, Errors.CredentialsInvalid, Errors.HashingBusy]);

    private static async Task<Answer<SignedIn>> Handle(Request request, NpgsqlDataSource postgres, PasswordHasher hasher, Sessions sessions, HttpContext http, CancellationToken ct)
    {
        if (Sound.Refuse(request) is { } refused) return refused;
        var known = await Find(request, postgres, ct);
        if (!PasswordHasher.Fits(request.Password!)) return Errors.CredentialsInvalid;

        // No connection is held while the password waits its turn.
        switch (await hasher.Verify(request.Password!, known?.PasswordHash))
        {
            case null: return Errors.HashingBusy;
            case false: return Errors.CredentialsInvalid;
        }

        await using var db = await postgres.OpenConnectionAsync(ct);
        var pair = await sessions.Begin(db, null, known!.Id, known.Username, known.Roles, http);
        return Answer<SignedIn>.Of(SignedIn.Of(known.Account, pair), "Welcome back");
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
