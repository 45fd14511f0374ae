using System.Text.Json.Serialization;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Notifications;

/// <summary>
/// Marks notifications as read: those that are named, or all up to one of them. What was pushed of them goes from the
/// caller's devices. Reading twice changes nothing.
/// </summary>
internal sealed class ReadNotifications(PostgresSource postgres) : Slice<ReadNotifications.Request, Nothing>
{
    private const int BatchMax = 500;

    internal sealed record Request(Guid[]? Ids, Guid? Until);

    public override void Configure()
    {
        Put("/read");
        Group<NotificationsGroup>();
        Description(route =>
            route
                .Requires(AccountWrite)
                .Described(
                    "Mark notifications as read",
                    Nothing.Value,
                    new Request(null, Notification.Example.Id),
                    errors: [Errors.Validation]
                )
        );
    }

    public override async Task<Answer<Nothing>> ExecuteAsync(Request request, CancellationToken ct)
    {
        if ((request.Ids is null) == (request.Until is null))
            return Errors.Validation.With(new FieldError("until", "REQUIRED", "Name either ids or until"));
        if (request.Ids is { Length: > NotificationsLimits.ReadIdsMax })
            return Errors.Validation.With(
                new FieldError("ids", "TOO_MANY", $"At most {NotificationsLimits.ReadIdsMax} ids in one request")
            );
        await using var db = await postgres.OpenConnectionAsync(ct);
        if (request.Ids is { } ids)
            await ReadThese(db, Caller.UserId, ids);
        else
            while ((await ReadUntil(db, Caller.UserId, request.Until!.Value)).Taken == BatchMax)
                ct.ThrowIfCancellationRequested();
        return Answer<Nothing>.Of(Nothing.Value, "Read");
    }

    private static Task<WithdrawnNotifications> ReadThese(NpgsqlConnection db, Guid userId, Guid[] ids) =>
        db.QuerySingleAsync<WithdrawnNotifications>(
            """
            with seen as (
              update notification set read_at = now()
               where id in (select id from notification where id = any(@ids) and account_id = @userId
                 and read_at is null
                 order by id for update) returning id
            )
            select count(*) as taken, take_back(array_agg(id)) as pushes from seen
            """,
            new { userId, ids = new PgValue<Guid[]>(ids) }
        );

    private static Task<WithdrawnNotifications> ReadUntil(NpgsqlConnection db, Guid userId, Guid until) =>
        db.QuerySingleAsync<WithdrawnNotifications>(
            """
            with last as (
              select created_at, id from notification where id = @until and account_id = @userId
            ), seen as (
              update notification set read_at = now()
               where id in (select n.id from notification n, last
                             where n.account_id = @userId and n.read_at is null and n.withdrawn_at is null
                               and (n.created_at, n.id) <= (last.created_at, last.id)
                             order by n.id limit @BatchMax for update of n)
              returning id
            )
            select count(*) as taken, take_back(array_agg(id)) as pushes from seen
            """,
            new
            {
                userId,
                until,
                BatchMax,
            }
        );
}

[JsonSerializable(typeof(ReadNotifications.Request))]
internal sealed partial class ReadNotificationsJson : JsonSerializerContext;
