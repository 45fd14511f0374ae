using System.Text.Json.Serialization;
using Veza.Features.Chat.Messages;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Chat.Rooms;

/// <summary>
/// A room, as whoever may see it sees it; <c>role</c> is the caller's, null for who has not joined. A conversation of
/// two has no owner and no name.
/// </summary>
internal sealed record Room(
    Guid Id,
    string Name,
    string Topic,
    string Visibility,
    Guid? OwnerId,
    long LastSeq,
    int MemberCount,
    int SlowModeS,
    string? Role,
    DateTime CreatedAt,
    DateTime UpdatedAt
)
{
    /// <summary>Whose turn it is to own one more, see <see cref="Infrastructure.Postgres.Turn"/>.</summary>
    internal const string Owned = "room";

    internal const string Facts =
        "r.id, r.name, r.topic, r.visibility, r.owner_id, r.last_seq, r.member_count, r.slow_mode_s, "
        + "r.created_at, r.updated_at";

    /// <summary>
    /// For <c>from room r left join room_member m on m.room_id = r.id and m.account_id = @UserId</c>.
    /// </summary>
    internal const string Columns = $"{Facts}, m.role";

    /// <summary>
    /// Who may know of a room: everybody of a public one; members and the invited of a private one; two people of their
    /// own, while neither blocks the other.
    /// </summary>
    internal const string Seen = $"""
        (r.visibility = 'public' or exists (select 1 from room_invite i where i.room_id = r.id
          and i.account_id = @UserId) or m.role is not null
          and (r.visibility <> 'direct' or not
            exists (select 1 from room_member o where o.room_id = r.id
              and o.account_id in ({UsersReads.BlockedBy} @UserId))))
        """;

    internal static readonly Room Example = new(
        Guid.Parse("019b0c62-0d11-7b7e-8a55-2f9d1c3e4b5a"),
        "Listening room",
        "What is playing tonight",
        "public",
        Guid.Parse("019b0c5e-8a30-7c11-9d3e-5f0d4c1a2b3c"),
        42,
        3,
        0,
        "member",
        new DateTime(2026, 3, 1, 18, 30, 0, DateTimeKind.Utc),
        new DateTime(2026, 3, 1, 18, 30, 0, DateTimeKind.Utc)
    );
}

[JsonSerializable(typeof(Infrastructure.Http.Envelope<Room>))]
[JsonSerializable(typeof(Infrastructure.Http.Envelope<Room[]>))]
[JsonSerializable(typeof(Infrastructure.Http.Envelope<Message>))]
[JsonSerializable(typeof(Infrastructure.Http.Envelope<Message[]>))]
internal sealed partial class RoomJson : JsonSerializerContext;
