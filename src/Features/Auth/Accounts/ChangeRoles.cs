using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Auth.Accounts;

/// <summary>
/// Sets the roles of an account. Its sessions go on; tokens that name the old roles end within two seconds, and a
/// refresh brings the new ones.
/// </summary>
internal sealed class ChangeRoles(PostgresSource postgres) : Slice<ChangeRoles.Request, ChangeRoles.Response>
{
    internal sealed record Request([property: JsonIgnore] Guid Id, string[]? Roles);

    internal new sealed record Response(Guid Id, string Username, string[] Roles);

    public override void Configure()
    {
        Put("/admin/users/{id}/roles");
        Group<AccountsGroup>();
        Description(route =>
            route
                .Requires(UsersManage)
                .Fresh()
                .Described(
                    "Set the roles of an account",
                    new Response(Account.Example.Id, "mira", ["user", "moderator"]),
                    new Request(default, ["user", "moderator"]),
                    errors: [Errors.Validation, UsersReads.UserNotFound, UsersReads.OwnAccount]
                )
        );
    }

    public override async Task<Answer<Response>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        if (request.Roles is not { Length: > 0 } || request.Roles.Except(AllRoles).Any())
            return Errors.Validation.With(
                new FieldError("roles", "NOT_ALLOWED", $"roles are some of {string.Join(", ", AllRoles)}")
            );
        // Whoever could take the role from themselves could leave nobody who has it.
        if (id == Caller.UserId)
            return UsersReads.OwnAccount;
        string[] roles =
        [
            .. request.Roles.Append("user").Distinct(StringComparer.Ordinal).OrderBy(r => Array.IndexOf(AllRoles, r)),
        ];
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        if (await LockedAccount.HoldFor(db, transaction, Caller, UsersManage, id) is { Error: { } refused })
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
                Origin.Of(HttpContext),
                Caller.UserId,
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
