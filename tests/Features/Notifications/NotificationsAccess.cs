using Veza.Tests.House;

namespace Veza.Tests.Features.Notifications;

internal sealed class NotificationsAccess : ModuleAccess
{
    internal override AccessThing[] Things =>
        [
            new(
                "/api/v1/notifications/devices/{id}",
                """
                insert into push_device (id, account_id, session_id, kind, address_hash, sealed, host)
                  values ($1, $2, $1, 'web_push', uuid_send($1), '', 'push.example.org')
                """
            )
            {
                IsOwnersAlone = true,
            },
            new(
                "/api/v1/notifications/rooms/{id}",
                """
                with made as (insert into room (id, name, visibility, owner_id, member_count)
                  values ($1, 'Secret ' || $1, 'private', $2, 1) returning id, owner_id)
                insert into room_member (room_id, account_id, role) select id, owner_id, 'owner' from made
                """
            ),
        ];
}
