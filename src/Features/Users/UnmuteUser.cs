using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Users;

/// <summary>Ends the caller's mute of a user.</summary>
internal sealed class UnmuteUser(PostgresSource postgres) : Slice<UnmuteUser.Request, Nothing>
{
    internal sealed record Request(Guid Id);

    public override void Configure()
    {
        Delete("/{id}/mute");
        Group<UsersGroup>();
        Description(route =>
            route.Requires(AccountWrite).Described("Unmute a user", Nothing.Value, errors: UsersReads.UserNotFound)
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        await using var db = await postgres.OpenConnectionAsync(ct);
        var isKnown = await db.ExecuteScalarAsync<bool>(
            """
            with gone as (delete from account_mute where muter_id = @UserId and muted_id = @id)
            select exists (select 1 from account where id = @id)
            """,
            new { id, Caller.UserId }
        );
        return isKnown ? Answer<Nothing>.Of(Nothing.Value, "You do not mute this user") : UsersReads.UserNotFound;
    }
}
