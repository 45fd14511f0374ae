using System.Text.Json.Serialization;
using Dapper;
using FastEndpoints;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using static Veza.Permissions;

namespace Veza.Features.Users;

/// <summary>
/// Mutes a user, until a time or until it is lifted: one is not notified of them, and not shown that they type. Nothing
/// is hidden, they are not told and cannot find out. Muting again changes the time.
/// </summary>
internal sealed class MuteUser(PostgresSource postgres) : Slice<MuteUser.Request, MutedPerson>
{
    [BodyOptional]
    internal sealed record Request([property: JsonIgnore] Guid Id, DateTime? Until);

    internal sealed class Rules : Validator<Request>
    {
        public Rules(TimeProvider clock) => RuleFor(r => r.Until).LiesAhead(clock);
    }

    public override void Configure()
    {
        Put("/{id}/mute");
        Group<UsersGroup>();
        Description(route =>
            route
                .Requires(AccountWrite)
                .Described(
                    "Mute a user",
                    MutedPerson.Example,
                    new Request(default, MutedPerson.Example.Since.AddYears(100)),
                    errors:
                    [
                        Errors.Validation,
                        UsersReads.UserNotFound,
                        UsersReads.OwnAccount,
                        UsersErrors.TooManyUserMutes,
                    ]
                )
        );
    }

    public override async Task<Answer<MutedPerson>> ExecuteAsync(Request request, CancellationToken ct)
    {
        var id = request.Id;
        if (id == Caller.UserId)
            return UsersReads.OwnAccount;
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        await Turn.Take(db, transaction, "account_mute", Caller.UserId);
        var muted = await db.QuerySingleOrDefaultAsync<MutedPerson>(
            $"""
            with made as (
              insert into account_mute as m (muter_id, muted_id, until)
              select @UserId, a.id, coalesce(@Until::timestamptz, 'infinity') from account a
               where a.id = @id and a.id not in ({UsersReads.BlockedBy} @UserId)
                 and (select count(*) from (select 1 from account_mute where muter_id = @UserId and muted_id <> @id
                   limit @MutesMax) had) < @MutesMax
              on conflict (muter_id, muted_id) do update set until = excluded.until
              returning m.muted_id, m.created_at, m.until
            )
            select a.id, a.username, a.display_name, a.avatar_url, m.created_at as since, case when m.until < 'infinity'
              then m.until end as until
              from made m join account a on a.id = m.muted_id
            """,
            new
            {
                id,
                Caller.UserId,
                request.Until,
                MutesMax = (long)UsersLimits.MutesMax,
            },
            transaction
        );
        await transaction.CommitAsync(CancellationToken.None);
        if (muted is not null)
            return Answer<MutedPerson>.Of(muted, "You mute this user");
        var isKnown = await db.ExecuteScalarAsync<bool>(
            $"""
            select exists (select 1 from account a where a.id = @id and a.id not in ({UsersReads.BlockedBy} @UserId))
            """,
            new { id, Caller.UserId }
        );
        return isKnown ? UsersErrors.TooManyUserMutes : UsersReads.UserNotFound;
    }
}

[JsonSerializable(typeof(MuteUser.Request))]
internal sealed partial class MuteUserJson : JsonSerializerContext;
