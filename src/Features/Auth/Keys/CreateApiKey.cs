using System.Text.Json.Serialization;
using Dapper;
using FastEndpoints;
using FluentValidation;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using Veza.Infrastructure.Texts;
using static Veza.Permissions;

namespace Veza.Features.Auth.Keys;

/// <summary>
/// Makes a personal API key and shows it, this once. It may do no more than its scopes and its owner's roles, and never
/// what secures the account.
/// </summary>
internal sealed class CreateApiKey(PostgresSource postgres, TimeProvider clock) : Slice<CreateApiKey.Request, ApiKey>
{
    internal sealed record Request(string? Name, string[]? Scopes, DateTime? ExpiresAt);

    internal sealed class Rules : Validator<Request>
    {
        public Rules()
        {
            RuleFor(r => r.Name).Cascade(CascadeMode.Stop).Present().HasAtMost("A name", ApiKeys.NameCharsMax);
            RuleFor(r => r.Scopes)
                .Must(s => s is { Length: > 0 })
                .WithErrorCode("REQUIRED")
                .WithMessage("Name at least one scope");
        }
    }

    public override void Configure()
    {
        Post("/api-keys");
        Group<AuthGroup>();
        Description(route =>
            route
                .Requires(AccountSecure)
                .Fresh()
                .Described(
                    "Create an API key; it is shown this once",
                    ApiKey.Example with
                    {
                        Key = "veza_Jx81kQm3v0pD5n2b7wYhRr4tUuV6sXzA9cEeGgHhIiJ",
                    },
                    new Request("Nightly uploads", [TracksRead, TracksWrite], null),
                    StatusCodes.Status201Created,
                    Errors.Validation,
                    AuthErrors.SessionEnded,
                    AuthErrors.TooManyApiKeys
                )
        );
    }

    public override async Task<Answer<ApiKey>> ExecuteAsync(Request request, CancellationToken ct)
    {
        string[] scopes = [.. request.Scopes!.Distinct(StringComparer.Ordinal)];
        if (EndTime.Refuse(request.ExpiresAt, clock, "expires_at") is { } past)
            return past;

        var id = Guid.CreateVersion7();
        var key = ApiKeys.KeyPrefix + OneTime.NewToken();
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        // What the account may do now, not what the token says; and of two at once only one is the last.
        var (account, over) = await LockedAccount.HoldOf(db, transaction, Caller);
        if (account is null)
            return over!;
        string[] grantable = [.. Grantable(account.Roles)];
        if (scopes.Except(grantable).FirstOrDefault() is { } foreign)
            return Errors.Validation.With(
                new FieldError("scopes", "NOT_ALLOWED", $"'{foreign}' is not one of {string.Join(", ", grantable)}")
            );
        var made = await db.QuerySingleOrDefaultAsync<ApiKey>(
            """
            insert into api_key (id, account_id, name, prefix, secret_hash, scopes, expires_at)
            select @id, @UserId, @Name, @prefix, @hash, @scopes, @ExpiresAt
              where (select count(*) from api_key where account_id = @UserId) < @PerAccountMax
            returning id, name, prefix, scopes, created_at, last_used_at, expires_at
            """,
            new
            {
                id,
                Caller.UserId,
                request.Name,
                prefix = TextCut.To(key, ApiKeys.ShownChars),
                hash = new PgValue<byte[]>(OneTime.Hash(key)),
                scopes = new PgValue<string[]>(scopes),
                request.ExpiresAt,
                ApiKeys.PerAccountMax,
            },
            transaction
        );
        if (made is null)
            return AuthErrors.TooManyApiKeys;
        var detail = $$"""{"key":"{{id}}","scopes":["{{string.Join("\",\"", scopes)}}"]}""";
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(AuditActions.ApiKeyCreated, Caller.UserId, Origin.Of(HttpContext), Caller.UserId, detail)
        );
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<ApiKey>.Created(
            made with
            {
                Key = key,
            },
            "Keep it: it is shown this once",
            $"/api/v1/auth/api-keys/{id}"
        );
    }
}

[JsonSerializable(typeof(CreateApiKey.Request))]
[JsonSerializable(typeof(Envelope<ApiKey>))]
internal sealed partial class CreateApiKeyJson : JsonSerializerContext;
