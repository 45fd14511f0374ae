using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Users;

/// <summary>
/// Makes a user one's supporter, who hears one's followers' and supporters' tracks whole; until a time, or for good.
/// Granting again sets the time anew.
/// </summary>
internal static class GrantSupport
{
    internal sealed record Request(DateTime? Until);

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPut("/api/v1/users/me/supporters/{id}", Handle)
            .WithName("GrantSupport")
            .Requires(Permissions.AccountWrite)
            .Documented(
                "Users",
                "Make a user one's supporter",
                Supporter.Example,
                new Request(Supporter.Example.Since.AddYears(100)),
                errors: [Errors.Validation, Errors.UserNotFound, Errors.OwnAccount, Errors.TooManySupporters]
            );

    private static async Task<Answer<Supporter>> Handle(
        Guid id,
        Request? request,
        Caller caller,
        PostgresSource postgres,
        TimeProvider clock,
        CancellationToken ct
    )
    {
        if (id == caller.UserId)
            return Errors.OwnAccount;
        if (request?.Until is { } end && end <= clock.GetUtcNow().UtcDateTime)
            return Errors.Validation.With(new FieldError("until", "OUT_OF_RANGE", "until lies in the past"));
        await using var db = await postgres.OpenConnectionAsync(ct);
        await using var transaction = await db.BeginTransactionAsync(ct);
        await PeoplePair.Hold(db, transaction, id, caller.UserId);
        await Turn.Take(db, transaction, "supporter", caller.UserId);
        var supporter = await db.QuerySingleOrDefaultAsync<Supporter>(
            """
            with made as (
              insert into supporter as s (account_id, supporter_id, supports_until)
              select @UserId, a.id, @Until from account a
               where a.id = @id and not exists (select 1 from account_shy s where s.account_id = @UserId
                 and s.other_id = a.id)
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
                caller.UserId,
                request?.Until,
                SupportersMax = (long)UsersModule.SupportersMax,
            },
            transaction
        );
        await transaction.CommitAsync(ct);
        if (supporter is not null)
            return Answer<Supporter>.Of(supporter, "This user is your supporter");
        return await db.ExecuteScalarAsync<bool>(
            """
            select exists (select 1 from account a where a.id = @id and not
              exists (select 1 from account_shy s where s.account_id = @UserId and s.other_id = a.id))
            """,
            new { id, caller.UserId }
        )
            ? Errors.TooManySupporters
            : Errors.UserNotFound;
    }
}

[JsonSerializable(typeof(GrantSupport.Request))]
[JsonSerializable(typeof(Envelope<Supporter>))]
internal sealed partial class GrantSupportJson : JsonSerializerContext;
