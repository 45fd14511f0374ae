using System.Text.Json.Serialization;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Texts;
using UserCard = Veza.Features.Users.UsersReads.UserCard;

namespace Veza.Features.Notifications;

internal sealed record NotedRoom(Guid Id, string Name, string Visibility);

/// <summary>The beginning of the message as it is now.</summary>
internal sealed record NotedMessage(Guid Id, long Seq, string Excerpt);

/// <summary>
/// Something that somebody was told of: a <c>direct</c> message, a <c>mention</c>, or a <c>message</c> of a room of
/// which they want to hear all.
/// </summary>
internal sealed record Notification(
    Guid Id,
    string Kind,
    NotedRoom Room,
    NotedMessage Message,
    UserCard? Author,
    DateTime CreatedAt,
    DateTime? ReadAt
)
{
    internal static readonly Notification Example = new(
        Guid.Parse("019b0c64-0a11-7c0e-8d22-3b4c5d6e7f80"),
        "mention",
        new NotedRoom(Guid.Parse("019b0c62-0d11-7b7e-8a55-2f9d1c3e4b5a"), "Listening room", "public"),
        new NotedMessage(Guid.Parse("019b0c63-4c20-7d0a-9b66-8e1f2a3b4c5d"), 42, "Listen to the second verse"),
        new UserCard(Guid.Parse("019b0c5e-8a30-7c11-9d3e-5f0d4c1a2b3c"), "mira", "Mira", null),
        new DateTime(2026, 3, 1, 18, 31, 0, DateTimeKind.Utc),
        null
    );
}

/// <summary>A notification as the tables have it.</summary>
internal sealed record NotificationRow(
    Guid Id,
    string Kind,
    Guid RoomId,
    string RoomName,
    string Visibility,
    Guid MessageId,
    long Seq,
    string Content,
    Guid AuthorId,
    string? Username,
    string? DisplayName,
    string? AvatarUrl,
    DateTime CreatedAt,
    DateTime? ReadAt
)
{
    internal Notification ToNotification() =>
        new(
            Id,
            Kind,
            new NotedRoom(RoomId, RoomName, Visibility),
            new NotedMessage(MessageId, Seq, TextCut.To(Content, NotificationsLimits.ExcerptCharsMax)),
            Username is null ? null : new UserCard(AuthorId, Username, DisplayName!, AvatarUrl),
            CreatedAt,
            ReadAt
        );
}

/// <summary>
/// How many notifications are over or read with a statement, and how many jobs take back what was pushed of them.
/// </summary>
internal sealed record WithdrawnNotifications(long Taken, long Pushes);

/// <summary>
/// Which notifications hold, asked of what is so now: whatever was not taken back yet is not shown either.
/// </summary>
internal static class NotificationVisibility
{
    /// <summary>For <c>from notification n left join message m on m.id = n.message_id</c>.</summary>
    internal const string Holds = """
        n.withdrawn_at is null and m.id is not null and m.deleted_at is null
         and exists (select 1 from room_member w where w.room_id = n.room_id and w.account_id = n.account_id)
           and not hears_nothing_of(n.account_id, n.author_id)
        """;

    /// <summary>From the same tables: read here, or in the room itself.</summary>
    internal const string Unread = "n.read_at is null and not has_read(n.account_id, n.room_id, n.seq)";
}

[JsonSerializable(typeof(Envelope<Notification[]>))]
internal sealed partial class NotificationJson : JsonSerializerContext;
