using System.Text.Json.Serialization;
using Dapper;
using FastEndpoints;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Users;

/// <summary>
/// Makes a user the caller's supporter, who hears the tracks for followers and for supporters whole; until a time, or
/// for good. Granting again sets the time anew.
/// </summary>
internal sealed class GrantSupport(PostgresSource postgres) : Slice<GrantSupport.Request, Supporter>
{
    [BodyOptional]
    internal sealed record Request([property: JsonIgnore] Guid Id, DateTime? Until);

    internal sealed class Rules : Validator<Request>
    {
        public Rules(TimeProvider clock) => RuleFor(r => r.Until).LiesAhead(clock);
    }

    public override void Configure()
    {
        Put("/me/supporters/{id}");
        Group<UsersGroup>();
        Description(route =>
            route
                .Requires(AccountWrite)
                .Described(
                    "Add a supporter",
                    Supporter.Example,
                    new Request(default, Supporter.Example.Since.AddYears(100)),
                    errors:
                    [
                        Errors.Validation,
                        UsersReads.UserNotFound,
                        UsersReads.OwnAccount,
                        UsersErrors.TooManySupporters,
                    ]
                )
        );
    }

    public override async Task<Answer<Supporter>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        if (id == Caller.UserId)
            return UsersReads.OwnAccount;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        await PeoplePair.Hold(db, transaction, id, Caller.UserId);
        await Turn.Take(db, transaction, "supporter", Caller.UserId);
        var supporter = await db.QuerySingleOrDefaultAsync<Supporter>(
            $"""
            with made as (
              insert into supporter as s (account_id, supporter_id, supports_until)
              select @UserId, a.id, @Until from account a
               where a.id = @id and a.id not in ({UsersReads.BlockedBy} @UserId)
                 and (coalesce((select supporter_count from audience where account_id = @UserId), 0) < @SupportersMax
                     or exists (select 1 from supporter where account_id = @UserId and supporter_id = @id))
              on conflict (account_id, supporter_id) do update set supports_until = excluded.supports_until
              returning s.supporter_id, s.created_at, s.supports_until, s.xmax = 0 as is_new
            ), counted as (
              insert into audience as c (account_id, supporter_count) select @UserId, 1 from made where is_new
              on conflict (account_id) do update set supporter_count = c.supporter_count + 1
            )
            select a.id, a.username, a.display_name, a.avatar_url, m.created_at as since, m.supports_until as until
              from made m join account a on a.id = m.supporter_id
            """,
            new
            {
                id,
                Caller.UserId,
                request.Until,
                SupportersMax = (long)UsersLimits.SupportersMax,
            },
            transaction
        );
        await transaction.CommitAsync(CancellationToken.None);
        if (supporter is not null)
            return Answer<Supporter>.Of(supporter, "This user is your supporter");
        return await db.ExecuteScalarAsync<bool>(
            $"""
            select exists (select 1 from account a where a.id = @id and a.id not in ({UsersReads.BlockedBy} @UserId))
            """,
            new { id, Caller.UserId }
        )
            ? UsersErrors.TooManySupporters
            : UsersReads.UserNotFound;
    }
}

[JsonSerializable(typeof(GrantSupport.Request))]
[JsonSerializable(typeof(Envelope<Supporter>))]
internal sealed partial class GrantSupportJson : JsonSerializerContext;
