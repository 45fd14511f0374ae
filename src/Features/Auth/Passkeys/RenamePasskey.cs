using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Auth.Passkeys;

/// <summary>Gives a passkey another name.</summary>
internal static class RenamePasskey
{
    internal sealed record Request(string? Name);

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPut("/api/v1/auth/passkeys/{id}", Handle)
            .WithName("RenamePasskey")
            .Requires(Permissions.AccountSecure)
            .Documented(
                "Auth",
                "Rename a passkey",
                Passkey.Example,
                new Request("Laptop"),
                errors: [Errors.Validation, AuthErrors.PasskeyNotFound]
            );

    private static async Task<Answer<Passkey>> Handle(
        Guid id,
        Request request,
        Caller caller,
        PostgresSource postgres,
        HttpContext http,
        CancellationToken ct
    )
    {
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
                caller.UserId,
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
                caller.UserId,
                Origin.Of(http),
                caller.UserId,
                $$"""{"passkey":"{{id}}"}"""
            )
        );
        await transaction.CommitAsync(CancellationToken.None);
        return renamed;
    }
}

[JsonSerializable(typeof(RenamePasskey.Request))]
internal sealed partial class RenamePasskeyJson : JsonSerializerContext;
