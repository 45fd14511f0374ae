using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Users;

/// <summary>Ends one's own block. What it ended does not come back, and the other's block of oneself stays.</summary>
internal static class UnblockUser
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/users/{id}/block", Handle)
            .WithName("UnblockUser")
            .Requires(Permissions.AccountWrite)
            .Documented("Users", "Block a user no more", Nothing.Value, errors: Errors.UserNotFound);

    private static async Task<Answer<Nothing>> Handle(
        Guid id,
        Caller caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var isKnown = await db.ExecuteScalarAsync<bool>(
            """
            with gone as (delete from account_block where blocker_id = @UserId and blocked_id = @id)
            select exists (select 1 from account where id = @id)
            """,
            new { id, caller.UserId }
        );
        return isKnown ? Answer<Nothing>.Of(Nothing.Value, "You do not block this user") : Errors.UserNotFound;
    }
}
