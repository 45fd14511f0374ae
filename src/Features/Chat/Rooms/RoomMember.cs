using System.Text.Json.Serialization;
using Dapper;
using Npgsql;
using Veza.Features.Chat.Messages;
using Veza.Infrastructure.Http;

namespace Veza.Features.Chat.Rooms;

/// <summary>Somebody in a room. <c>muted_until</c> is null for who is muted until somebody lifts it.</summary>
internal sealed record RoomMember(
    Guid Id,
    string Username,
    string DisplayName,
    string? AvatarUrl,
    string Role,
    bool Muted,
    DateTime? MutedUntil,
    DateTime JoinedAt
)
{
    internal const string Columns = """
        a.id, a.username, a.display_name, a.avatar_url, m.role, u.account_id is not null as muted,
          nullif(u.until, 'infinity') as muted_until, m.joined_at
        """;

    /// <summary>Where <see cref="Columns"/> come from.</summary>
    internal const string From = """
        room_member m join account a on a.id = m.account_id left join room_mute u on u.room_id = m.room_id
          and u.account_id = m.account_id and u.until > now()
        """;

    internal static readonly RoomMember Example = new(
        Message.Example.Author!.Id,
        "mira",
        "Mira",
        null,
        "member",
        false,
        null,
        Room.Example.CreatedAt
    );

    internal static Task<RoomMember?> Find(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Guid roomId,
        Guid accountId
    ) =>
        db.QuerySingleOrDefaultAsync<RoomMember>(
            $"""
            select {Columns} from {From} where m.room_id = @roomId and m.account_id = @accountId
            """,
            new { roomId, accountId },
            transaction
        );
}

[JsonSerializable(typeof(Envelope<RoomMember>))]
[JsonSerializable(typeof(Envelope<RoomMember[]>))]
internal sealed partial class RoomMemberJson : JsonSerializerContext;
