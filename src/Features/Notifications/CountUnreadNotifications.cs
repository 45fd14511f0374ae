using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Notifications;

/// <summary>How many notifications the caller has not read; counting ends at a thousand.</summary>
[HotRead]
internal static class CountUnreadNotifications
{
    internal sealed record Response(long Unread);

    internal static void Endpoint(IEndpointRouteBuilder routes) =>
        routes
            .MapGet("/api/v1/notifications/unread", Handle)
            .WithName("CountUnreadNotifications")
            .Requires(Permissions.ChatRead)
            .Documented("Notifications", "Count unread notifications", new Response(3));

    private static async Task<Answer<Response>> Handle(Caller caller, PostgresSource postgres, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return new Response(
            await db.ExecuteScalarAsync<long>(
                $"""
                select count(*) from (
                  select 1 from notification n left join message m on m.id = n.message_id
                   where n.account_id = @UserId and {NotificationVisibility.Unread} and {NotificationVisibility.Holds}
                     limit @UnreadCountMax) counted
                """,
                new { caller.UserId, NotificationsLimits.UnreadCountMax }
            )
        );
    }
}

[JsonSerializable(typeof(Envelope<CountUnreadNotifications.Response>))]
internal sealed partial class CountUnreadNotificationsJson : JsonSerializerContext;
