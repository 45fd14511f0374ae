using Dapper;
using Npgsql;
using Veza.Features.Notifications.Devices;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Notifications.Pushes;

/// <summary>A push and all that decides about it, as it is at this moment.</summary>
[HotRead]
internal sealed record PushState(
    bool IsWanted,
    bool IsTried,
    bool IsSent,
    bool IsTakenBack,
    DateTime? QuietEnd,
    bool IsOvertaken,
    int AgeS,
    bool Previews,
    string Kind,
    Guid RoomId,
    string? RoomName,
    Guid MessageId,
    long Seq,
    string? Content,
    DateTime CreatedAt,
    Guid AuthorId,
    string? Username,
    string? DisplayName,
    string? AvatarUrl,
    long Unread,
    string DeviceKind,
    byte[] Sealed,
    byte[] AddressHash
)
{
    /// <summary>Null when the device is gone, is somebody else's now, or its session has ended.</summary>
    internal static Task<PushState?> Find(NpgsqlConnection db, Guid notificationId, Guid deviceId) =>
        db.QuerySingleOrDefaultAsync<PushState>(
            $"""
            select ({NotificationVisibility.Holds} and {NotificationVisibility.Unread}) as is_wanted,
                   p.tried_at is not null as is_tried, p.sent_at is not null as is_sent,
                     p.withdrawn_at is not null as is_taken_back,
                   quiet_end(s.quiet_from, s.quiet_until, s.time_zone, now()) as quiet_end,
                   -- Of what waited for the end of quiet hours each room shows the latest alone.
                   p.held_until is not null and exists (
                     select 1 from notification o join push q on q.notification_id = o.id and q.device_id = p.device_id
                      where o.account_id = n.account_id and o.room_id = n.room_id and o.seq > n.seq
                        and o.withdrawn_at is null and o.read_at is null and q.held_until is not null) as is_overtaken,
                   extract(epoch from now() - greatest(n.created_at, p.held_until))::int as age_s,
                     coalesce(s.previews, true) as previews,
                   n.kind, n.room_id, r.name as room_name, n.message_id, n.seq, m.content, n.created_at, n.author_id,
                     a.username, a.display_name, a.avatar_url,
                   (select count(*) from (select 1 from notification u
                     where u.account_id = n.account_id and u.room_id = n.room_id and u.withdrawn_at is null
                       and u.read_at is null limit {PushState.UnreadMax}) counted) as unread,
                   d.kind as device_kind, d.sealed, d.address_hash
              from push p join notification n on n.id = p.notification_id
              join push_device d on d.id = p.device_id and d.account_id = n.account_id
              left join message m on m.id = n.message_id
              left join room r on r.id = n.room_id
              left join account a on a.id = n.author_id
              left join notification_setting s on s.account_id = n.account_id
             where p.notification_id = @notificationId and p.device_id = @deviceId and {PushDevice.IsAlive}
            """,
            new { notificationId, deviceId }
        );

    internal const string UnreadMax = "100";
}
