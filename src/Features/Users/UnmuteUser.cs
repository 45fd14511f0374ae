using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Users;

/// <summary>Ends one's mute of a user.</summary>
internal static class UnmuteUser
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/users/{id}/mute", Handle)
            .WithName("UnmuteUser")
            .Requires(Permissions.AccountWrite)
            .Documented("Users", "Mute a user no more", Nothing.Value, errors: Errors.UserNotFound);

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
            with gone as (delete from account_mute where muter_id = @UserId and muted_id = @id)
            select exists (select 1 from account where id = @id)
            """,
            new { id, caller.UserId }
        );
        return isKnown ? Answer<Nothing>.Of(Nothing.Value, "You do not mute this user") : Errors.UserNotFound;
    }
}
