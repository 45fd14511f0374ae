using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Auth.Accounts;

/// <summary>
/// Sets the roles of an account. Its sessions go on; tokens that name the old roles end within two seconds, and a
/// refresh brings the new ones.
/// </summary>
internal static class ChangeRoles
{
    internal sealed record Request(string[]? Roles);

    internal sealed record Response(Guid Id, string Username, string[] Roles);

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPut("/api/v1/admin/users/{id}/roles", Handle)
            .WithName("ChangeRoles")
            .Requires(Permissions.UsersManage)
            .Fresh()
            .Documented(
                "Admin",
                "Set the roles of an account",
                new Response(Account.Example.Id, "mira", ["user", "moderator"]),
                new Request(["user", "moderator"]),
                errors: [Errors.Validation, UsersReads.UserNotFound, UsersReads.OwnAccount]
            );

    private static async Task<Answer<Response>> Handle(
        Guid id,
        Request request,
        Caller caller,
        PostgresSource postgres,
        HttpContext http,
        CancellationToken ct
    )
    {
        if (request.Roles is not { Length: > 0 } || request.Roles.Except(Permissions.AllRoles).Any())
            return Errors.Validation.With(
                new FieldError("roles", "NOT_ALLOWED", $"roles are some of {string.Join(", ", Permissions.AllRoles)}")
            );
        // Whoever could take the role from themselves could leave nobody who has it.
        if (id == caller.UserId)
            return UsersReads.OwnAccount;
        string[] roles =
        [
            .. request
                .Roles.Append("user")
                .Distinct(StringComparer.Ordinal)
                .OrderBy(r => Array.IndexOf(Permissions.AllRoles, r)),
        ];
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        if (await LockedAccount.HoldFor(db, transaction, caller, Permissions.UsersManage, id) is { Error: { } refused })
            return refused;
        var changed = await db.QuerySingleAsync<Response>(
            """
            update account set roles = @roles, updated_at = now() where id = @id returning id, username, roles
            """,
            new { id, roles = new PgValue<string[]>(roles) },
            transaction
        );
        await AccountStanding.RefreshTokens(db, transaction, id);
        await AuditTrail.Write(
            db,
            transaction,
            new AuditEntry(
                AuditActions.RolesChanged,
                id,
                Origin.Of(http),
                caller.UserId,
                $$"""{"roles":["{{string.Join("\",\"", roles)}}"]}"""
            )
        );
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<Response>.Of(changed, "The roles are set");
    }
}

[JsonSerializable(typeof(ChangeRoles.Request))]
[JsonSerializable(typeof(Envelope<ChangeRoles.Response>))]
internal sealed partial class ChangeRolesJson : JsonSerializerContext;
