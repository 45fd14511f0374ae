using System.Text.Json.Serialization;
using Veza.Features.Chat.Rooms;
using Veza.Infrastructure.Texts;
using UserCard = Veza.Features.Users.UsersReads.UserCard;

namespace Veza.Features.Chat.Messages;

/// <summary>Where in a track a message belongs.</summary>
internal sealed record TrackPosition(Guid TrackId, long PositionMs);

/// <summary>How many reacted with an emoji; and, in an answer for one reader, whether they did.</summary>
internal sealed record Reaction(
    string Emoji,
    int Count,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Me = null
);

/// <summary>Somebody who was mentioned, under the name that stands in the content.</summary>
internal sealed record Mention(Guid Id, string Username);

/// <summary>
/// The message that another one replies to, as it is now: its author and its first words, or its place alone where
/// somebody may not see these.
/// </summary>
internal sealed record Quote(Guid Id, long Seq, UserCard? Author, string? Excerpt)
{
    private const int ExcerptCharsMax = 140;

    /// <summary>Read with all that was said, told with its beginning.</summary>
    internal Quote Short() => Excerpt is null ? this : this with { Excerpt = TextCut.To(Excerpt, ExcerptCharsMax) };
}

/// <summary>A file that came with a message.</summary>
internal sealed record Attachment(Guid Id, string Name, string ContentType, long SizeBytes)
{
    public string Url => $"/api/v1/chat/attachments/{Id}";
}

/// <summary>
/// The <c>message</c> of the contract. Deleted ones keep their seq and lose their content; <c>hidden</c> ones are of
/// somebody whom the reader blocks or is blocked by, and keep their seq alone. <c>change</c> is the room's change that
/// touched it last.
/// </summary>
internal sealed record Message(
    Guid Id,
    Guid RoomId,
    long Seq,
    string ClientId,
    UserCard? Author,
    string Content,
    Guid? ReplyTo,
    Quote? Reply,
    TrackPosition? TrackPosition,
    Attachment[] Attachments,
    Reaction[] Reactions,
    Mention[] Mentions,
    string? Calls,
    int Edits,
    long Change,
    bool Hidden,
    DateTime CreatedAt,
    DateTime? EditedAt,
    DateTime? PinnedAt,
    DateTime? DeletedAt
)
{
    internal static readonly Message Example = new(
        Guid.Parse("019b0c63-4c20-7d0a-9b66-8e1f2a3b4c5d"),
        Room.Example.Id,
        42,
        "c0ffee01-0001",
        new UserCard(Room.Example.OwnerId!.Value, "mira", "Mira", null),
        "Listen to the second verse, @davor",
        null,
        null,
        new TrackPosition(Guid.Parse("019b0c61-2f4e-7a02-b1c8-7f3e9d5a6b10"), 74_000),
        [],
        [new Reaction("👍", 2, true)],
        [new Mention(Guid.Parse("019b0c5e-9b41-7d22-8e4f-6a1e5d2b3c4e"), "davor")],
        null,
        0,
        3,
        false,
        new DateTime(2026, 3, 1, 18, 31, 0, DateTimeKind.Utc),
        null,
        null,
        null
    );

    /// <summary>As those see it who see nothing of its author: its place, and no more.</summary>
    internal Message Veiled() =>
        new(Id, RoomId, Seq, "", null, "", null, null, null, [], [], [], null, 0, 0, true, CreatedAt, null, null, null);
}
