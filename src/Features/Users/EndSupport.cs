using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Users;

/// <summary>Ends somebody's support of the caller. Stream URLs already given stay good until they expire.</summary>
internal sealed class EndSupport(PostgresSource postgres) : Slice<EndSupport.Request, Nothing>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/me/supporters/{id}");
        Group<UsersGroup>();
        Description(route =>
            route.Requires(AccountWrite).Described("Remove a supporter", Nothing.Value, errors: UsersReads.UserNotFound)
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
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
            new { id, Caller.UserId }
        );
        return isKnown ? Answer<Nothing>.Of(Nothing.Value, "This user is not your supporter") : UsersReads.UserNotFound;
    }
}
