using System.Text.Json.Serialization;
using Dapper;
using FluentValidation;
using Veza.Features.Auth.Links;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>Creates an account and signs it in. E-mail and username are unique whatever their case.</summary>
internal static class Register
{
    internal sealed record Request(string? Email, string? Username, string? Password, string? DisplayName);

    internal sealed class Rules : RulesFor<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Email).Cascade(CascadeMode.Stop).Present().Email();
            RuleFor(r => r.Username).Cascade(CascadeMode.Stop).Present().Username();
            RuleFor(r => r.Password)
                .Cascade(CascadeMode.Stop)
                .Present()
                .NewPassword()
                .NotOwnName(r => [r.Email, r.Username, r.DisplayName]);
            RuleFor(r => r.DisplayName).HasAtMost("A display name", AccountRules.DisplayNameCharsMax);
        }
    }

    private static readonly Rules Validator = new();

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPost("/api/v1/auth/register", Handle)
            .WithName("Register")
            .Anonymous()
            .Documented(
                "Auth",
                "Create an account and sign in",
                SignedIn.Example,
                new Request("mira@example.org", "mira", "a long sentence is best", "Mira"),
                StatusCodes.Status201Created,
                Errors.Validation,
                AuthErrors.EmailTaken,
                AuthErrors.UsernameTaken,
                Errors.RateLimited,
                Errors.HashingBusy
            );

    private static async Task<Answer<SignedIn>> Handle(
        Request request,
        PostgresSource postgres,
        PasswordHasher hasher,
        Sessions sessions,
        EmailLinks links,
        Limits limits,
        HttpContext http,
        CancellationToken ct
    )
    {
        if (Validator.Refuse(request) is { } refused)
            return refused;
        if (await limits.Refuse(http, AuthPolicies.Register) is { } tooMany)
            return tooMany;
        if (await hasher.Hash(request.Password!, http) is not { } passwordHash)
            return Errors.HashingBusy;

        var id = Guid.CreateVersion7();
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var account = await db.QuerySingleOrDefaultAsync<Account>(
            """
            insert into account (id, email, username, display_name, password_hash)
            values (@id, @Email, @Username, @displayName, @passwordHash)
            on conflict do nothing
            returning id, username, display_name, email, avatar_url, bio, roles, plan, created_at
            """,
            new
            {
                id,
                request.Email,
                request.Username,
                displayName = string.IsNullOrWhiteSpace(request.DisplayName)
                    ? request.Username
                    : request.DisplayName.Trim(),
                passwordHash,
            },
            transaction
        );
        if (account is null)
        {
            var isEmailTaken = await db.ExecuteScalarAsync<bool>(
                "select exists (select 1 from account where lower(email) = lower(@Email))",
                new { request.Email },
                transaction
            );
            return AuthErrors.ByConstraint[isEmailTaken ? "account_email_key" : "account_username_key"];
        }

        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(AuditActions.Registered, account.Id, Origin.Of(http), account.Id)
        );
        await links.AskToVerify(db, transaction, id, account.Username, account.Email);
        var made = await LockedAccount.Hold(db, transaction, id);
        var pair = await sessions.Begin(db, transaction, made!, [SignIn.Password], http);
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<SignedIn>.Created(SignedIn.Of(account, pair), "Welcome to Veza", $"/api/v1/users/{account.Id}");
    }
}

[JsonSerializable(typeof(Register.Request))]
[JsonSerializable(typeof(Envelope<SignedIn>))]
internal sealed partial class RegisterJson : JsonSerializerContext;
