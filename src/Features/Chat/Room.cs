using System.Text.Json.Serialization;

namespace Veza.Features.Chat;

/// <summary>A room, as whoever may see it sees it; <c>role</c> is the caller's, null for who has not joined.</summary>
internal sealed record Room(Guid Id, string Name, string Topic, string Visibility, Guid OwnerId, long LastSeq, int MemberCount, string? Role, DateTime CreatedAt, DateTime UpdatedAt)
{
    /// <summary>For <c>from room r left join room_member m on m.room_id = r.id and m.account_id = @UserId</c>.</summary>
    internal const string Columns = "r.id, r.name, r.topic, r.visibility, r.owner_id, r.last_seq, r.member_count, m.role, r.created_at, r.updated_at";

    /// <summary>Who may know of a room: everybody of a public one; members and the invited of a private one.</summary>
    internal const string Seen = "(r.visibility = 'public' or m.role is not null or exists (select 1 from room_invite i where i.room_id = r.id and i.account_id = @UserId))";

    internal static readonly Room Example = new(
        Guid.Parse("019b0c62-0d11-7b7e-8a55-2f9d1c3e4b5a"), "Listening room", "What is playing tonight", "public", Guid.Parse("019b0c5e-8a30-7c11-9d3e-5f0d4c1a2b3c"),
        42, 3, "member", new DateTime(2026, 3, 1, 18, 30, 0, DateTimeKind.Utc), new DateTime(2026, 3, 1, 18, 30, 0, DateTimeKind.Utc));
}

/// <summary>Who wrote a message, or is in a room.</summary>
internal sealed record Person(Guid Id, string Username, string DisplayName, string? AvatarUrl);

/// <summary>Where in a track a message belongs.</summary>
internal sealed record TrackPosition(Guid TrackId, long PositionMs);

/// <summary>The <c>message</c> of the contract. Deleted ones keep their seq and lose their content.</summary>
internal sealed record Message(
    Guid Id, Guid RoomId, long Seq, string ClientId, Person Author, string Content, Guid? ReplyTo, TrackPosition? TrackPosition,
    string[] Attachments, string[] Reactions, DateTime CreatedAt, DateTime? EditedAt, DateTime? DeletedAt)
{
    internal static readonly Message Example = new(
        Guid.Parse("019b0c63-4c20-7d0a-9b66-8e1f2a3b4c5d"), Room.Example.Id, 42, "c0ffee01-0001", new Person(Room.Example.OwnerId, "mira", "Mira", null),
        "Listen to the second verse", null, new TrackPosition(Guid.Parse("019b0c61-2f4e-7a02-b1c8-7f3e9d5a6b10"), 74_000), [], [],
        new DateTime(2026, 3, 1, 18, 31, 0, DateTimeKind.Utc), null, null);
}

/// <summary>A message as the tables have it.</summary>
internal sealed record MessageRow(
    Guid Id, Guid RoomId, long Seq, string ClientId, Guid AuthorId, string Username, string DisplayName, string? AvatarUrl, string Content, Guid? ReplyTo,
    Guid? TrackId, long? TrackPositionMs, DateTime CreatedAt, DateTime? EditedAt, DateTime? DeletedAt)
{
    /// <summary>For <c>from message m join account a on a.id = m.author_id</c>.</summary>
    internal const string Columns = """
        m.id, m.room_id, m.seq, m.client_id, m.author_id, a.username, a.display_name, a.avatar_url, m.content, m.reply_to,
        m.track_id, m.track_position_ms, m.created_at, m.edited_at, m.deleted_at
        """;

    internal Message ToMessage() => new(
        Id, RoomId, Seq, ClientId, new Person(AuthorId, Username, DisplayName, AvatarUrl), DeletedAt is null ? Content : "", ReplyTo,
        TrackId is { } track ? new TrackPosition(track, TrackPositionMs ?? 0) : null, [], [], CreatedAt, EditedAt, DeletedAt);
}

[JsonSerializable(typeof(Infrastructure.Http.Envelope<Room>))]
[JsonSerializable(typeof(Infrastructure.Http.Envelope<Room[]>))]
[JsonSerializable(typeof(Infrastructure.Http.Envelope<Message>))]
[JsonSerializable(typeof(Infrastructure.Http.Envelope<Message[]>))]
internal sealed partial class RoomJson : JsonSerializerContext;
