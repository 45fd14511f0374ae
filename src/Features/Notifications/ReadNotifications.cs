using System.Text.Json.Serialization;
using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Notifications;

/// <summary>
/// Marks notifications as read: those that are named, or all up to one of them. What was pushed of them goes from the
/// caller's devices. Reading twice changes nothing.
/// </summary>
internal static class ReadNotifications
{
    private const int BatchMax = 500;

    internal sealed record Request(Guid[]? Ids, Guid? Until);

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapPut("/api/v1/notifications/read", Handle)
            .WithName("ReadNotifications")
            .Requires(Permissions.AccountWrite)
            .Documented(
                "Notifications",
                "Mark notifications as read",
                Nothing.Value,
                new Request(null, Notification.Example.Id),
                errors: [Errors.Validation]
            );

    private static async Task<Answer<Nothing>> Handle(
        Request request,
        Caller caller,
        PostgresSource postgres,
        CancellationToken ct
    )
    {
        if ((request.Ids is null) == (request.Until is null))
            return Errors.Validation.With(new FieldError("until", "REQUIRED", "Name either ids or until"));
        if (request.Ids is { Length: > NotificationsLimits.ReadIdsMax })
            return Errors.Validation.With(
                new FieldError("ids", "TOO_MANY", $"At most {NotificationsLimits.ReadIdsMax} ids in one request")
            );
        await using var db = await postgres.OpenConnectionAsync(ct);
        if (request.Ids is { } ids)
            await ReadThese(db, caller.UserId, ids);
        else
            while ((await ReadUntil(db, caller.UserId, request.Until!.Value)).Taken == BatchMax)
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
