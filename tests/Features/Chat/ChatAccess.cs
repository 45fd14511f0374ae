using Veza.Tests.House;

namespace Veza.Tests.Features.Chat;

internal sealed class ChatAccess : ModuleAccess
{
    private const string Insert = """
        with made as (insert into room (id, name, visibility, owner_id, member_count, last_seq)
          values ($1, 'Secret ' || $1, 'private', $2, 1, 1) returning id, owner_id),
        joined as (insert into room_member (room_id, account_id, role) select id, owner_id, 'owner' from made),
        said as (insert into message (id, room_id, seq, client_id, author_id, content)
          select id, id, 1, 'c1', owner_id, 'Mine' from made),
        used as (insert into attachment_use (account_id, used_bytes) select owner_id, 1 from made)
        insert into attachment (id, room_id, account_id, message_id, name, content_type, size_bytes)
          select id, id, owner_id, id, 'mine.txt', 'text/plain', 1 from made
        """;

    internal override AccessThing[] Things =>
        [
            new("/api/v1/chat/dm/{id}", null),
            new(
                "/api/v1/chat/rooms/{id}",
                """
                with made as (insert into room (id, name, visibility, owner_id, member_count)
                  values ($1, 'Secret ' || $1, 'private', $2, 1) returning id, owner_id)
                insert into room_member (room_id, account_id, role) select id, owner_id, 'owner' from made
                """
            )
            {
                IsOwnersAlone = true,
            },
            new("/api/v1/chat/messages/{id}", Insert) { IsOwnersAlone = true },
            new("/api/v1/chat/attachments/{id}", Insert) { IsOwnersAlone = true },
        ];

    internal override (string Name, string Value)[] Parameters => [("emoji", "%F0%9F%91%8D")];
}
