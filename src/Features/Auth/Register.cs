using System.Text.Json.Serialization;
using Dapper;
using FastEndpoints;
using FluentValidation;
using Veza.Features.Auth.Links;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth;

/// <summary>Creates an account and signs it in. E-mail and username are unique whatever their case.</summary>
internal sealed class Register(
    PostgresSource postgres,
    PasswordHasher hasher,
    Sessions sessions,
    EmailLinks links,
    Limits limits
) : Slice<Register.Request, SignedIn>
{
    internal sealed record Request(string? Email, string? Username, string? Password, string? DisplayName);

    internal sealed class Rules : Validator<Request>
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

    public override void Configure()
    {
        Post("/register");
        Group<AuthGroup>();
        Description(route =>
            route
                .Anonymous()
                .Described(
                    "Create an account and sign in",
                    SignedIn.Example,
                    new Request("mira@example.org", "mira", "a long sentence is best", "Mira"),
                    StatusCodes.Status201Created,
                    Errors.Validation,
                    AuthErrors.EmailTaken,
                    AuthErrors.UsernameTaken,
                    Errors.RateLimited,
                    Errors.HashingBusy
                )
        );
    }

    public override async Task<Answer<SignedIn>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if (await limits.Refuse(HttpContext, AuthPolicies.Register) is { } tooMany)
            return tooMany;
        if (await hasher.Hash(request.Password!, HttpContext) is not { } passwordHash)
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
            new AuditEntry(AuditActions.Registered, account.Id, Origin.Of(HttpContext), account.Id)
        );
        await links.AskToVerify(db, transaction, id, account.Username, account.Email);
        var made = await LockedAccount.Hold(db, transaction, id);
        var pair = await sessions.Begin(db, transaction, made!, [SignIn.Password], HttpContext);
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<SignedIn>.Created(SignedIn.Of(account, pair), "Welcome to Veza", $"/api/v1/users/{account.Id}");
    }
}

[JsonSerializable(typeof(Register.Request))]
[JsonSerializable(typeof(Envelope<SignedIn>))]
internal sealed partial class RegisterJson : JsonSerializerContext;
