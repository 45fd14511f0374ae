using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Auth.Passkeys;

/// <summary>Gives a passkey another name.</summary>
internal sealed class RenamePasskey(PostgresSource postgres) : Slice<RenamePasskey.Request, Passkey>
{
    internal sealed record Request([property: JsonIgnore] Guid Id, string? Name);

    public override void Configure()
    {
        Put("/passkeys/{id}");
        Group<AuthGroup>();
        Description(route =>
            route
                .Requires(AccountSecure)
                .Described(
                    "Rename a passkey",
                    Passkey.Example,
                    new Request(default, "Laptop"),
                    errors: [Errors.Validation, AuthErrors.PasskeyNotFound]
                )
        );
    }

    public override async Task<Answer<Passkey>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        if (request.Name?.Trim() is not { Length: > 0 and <= Passkey.NameCharsMax } name)
            return Errors.Validation.With(Passkey.NameFault);
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        var renamed = await db.QuerySingleOrDefaultAsync<Passkey>(
            """
            update passkey set name = @name where id = @id and account_id = @UserId
            returning id, name, algorithm, transports, backed_up, created_at, last_used_at
            """,
            new
            {
                id,
                Caller.UserId,
                name,
            },
            transaction
        );
        if (renamed is null)
            return AuthErrors.PasskeyNotFound;
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(
                AuditActions.PasskeyRenamed,
                Caller.UserId,
                Origin.Of(HttpContext),
                Caller.UserId,
                $$"""{"passkey":"{{id}}"}"""
            )
        );
        await transaction.CommitAsync(CancellationToken.None);
        return renamed;
    }
}

[JsonSerializable(typeof(RenamePasskey.Request))]
internal sealed partial class RenamePasskeyJson : JsonSerializerContext;
