using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Plays;

/// <summary>
/// Forgets what the caller has listened to: it is suggested to nobody from it any more, and plays under way do not come
/// back to it. Artists' numbers stay, they name nobody.
/// </summary>
internal sealed class ClearHistory(PostgresSource postgres, Listeners listeners) : Slice<Nothing>
{
    public override void Configure()
    {
        Delete("/users/me/history");
        Group<PlaysGroup>();
        Description(route => route.Requires(AccountWrite).Described("Clear your listening history", Nothing.Value));
    }

    protected override async Task<Answer<Nothing>> Execute(CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        // First the open plays: a heartbeat that waits for its row here finds it without an account. Those that are due
        // are left to whoever closes them, who may hold them in another order.
        await db.ExecuteAsync(
            """
            update play set account_id = null where listener = @listener and not is_closed and closes_at > now()
              and account_id is not null
            """,
            new { listener = listeners.Of(Caller.UserId) },
            transaction
        );
        await db.ExecuteAsync(
            "delete from track_listener where account_id = @UserId",
            new { Caller.UserId },
            transaction
        );
        await transaction.CommitAsync(CancellationToken.None);
        return Answer<Nothing>.Of(Nothing.Value, "Your history is forgotten");
    }
}
