using System.Text.Json.Serialization;
using Dapper;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using static Veza.Permissions;

namespace Veza.Features.Notifications;

/// <summary>How many notifications the caller has not read; counting ends at a thousand.</summary>
[HotRead]
internal sealed class CountUnreadNotifications(PostgresSource postgres) : Slice<CountUnreadNotifications.Response>
{
    internal new sealed record Response(long Unread);

    public override void Configure()
    {
        Get("/unread");
        Group<NotificationsGroup>();
        Description(route => route.Requires(ChatRead).Described("Count unread notifications", new Response(3)));
    }

    protected override async Task<Answer<Response>> Execute(CancellationToken ct)
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
                new { Caller.UserId, NotificationsLimits.UnreadCountMax }
            )
        );
    }
}

[JsonSerializable(typeof(Envelope<CountUnreadNotifications.Response>))]
internal sealed partial class CountUnreadNotificationsJson : JsonSerializerContext;
