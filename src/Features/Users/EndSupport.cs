using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Users;

/// <summary>Makes somebody one's supporter no more. Stream URLs already given stay good until they expire.</summary>
internal static class EndSupport
{
    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapDelete("/api/v1/users/me/supporters/{id}", Handle)
            .WithName("EndSupport")
            .Requires(Permissions.AccountWrite)
            .Documented("Users", "Make a user one's supporter no more", Nothing.Value, errors: Errors.UserNotFound);

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
            with gone as (
              delete from supporter where account_id = @UserId and supporter_id = @id returning account_id
            ), counted as (
              update audience set supporter_count = supporter_count - 1
                where account_id in (select account_id from gone)
            )
            select exists (select 1 from account where id = @id)
            """,
            new { id, caller.UserId }
        );
        return isKnown ? Answer<Nothing>.Of(Nothing.Value, "This user is not your supporter") : Errors.UserNotFound;
    }
}
