using System.Text.Json;
using System.Text.Json.Serialization;
using UserCard = Veza.Features.Users.UsersReads.UserCard;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Chat.Messages;

/// <summary>A message as the tables have it; its lists as JSON, as they stand on its row.</summary>
/// <param name="Reply">What it replies to, as JSON of a <see cref="Quote"/>.</param>
/// <param name="UnseenBy">The members who block its author or are blocked by them, when it is read for
/// everybody.</param>
/// <param name="Hidden">Whether the caller is one of those, when it is read for one.</param>
/// <param name="OwnReactions">The caller's reactions, when it is read for one.</param>
internal sealed record MessageRow(
    Guid Id,
    Guid RoomId,
    long Seq,
    string ClientId,
    Guid AuthorId,
    string? Username,
    string? DisplayName,
    string? AvatarUrl,
    string Content,
    Guid? ReplyTo,
    Guid? TrackId,
    long? TrackPositionMs,
    string Reactions,
    string Mentions,
    string? Calls,
    string Attachments,
    int Edits,
    long Change,
    DateTime CreatedAt,
    DateTime? EditedAt,
    DateTime? PinnedAt,
    DateTime? DeletedAt,
    string? Reply,
    Guid[] UnseenBy,
    bool Hidden,
    string[] OwnReactions
)
{
    /// <summary>What a statement that writes a message must return for the columns below to be read from it.</summary>
    internal const string Stored = """
        message.id, message.room_id, message.seq, message.client_id, message.author_id, message.content,
          message.reply_to, message.track_id, message.track_position_ms,
        message.reactions, message.mentions, message.calls, message.attachments, message.edits, message.change,
        message.created_at, message.edited_at, message.pinned_at, message.deleted_at
        """;

    private const string Told = """
        m.id, m.room_id, m.seq, m.client_id, m.author_id, a.username, a.display_name, a.avatar_url, m.content,
          m.reply_to,
        m.track_id, m.track_position_ms, m.reactions, m.mentions, m.calls, m.attachments, m.edits, m.change,
          m.created_at, m.edited_at, m.pinned_at, m.deleted_at
        """;

    /// <summary>
    /// What is quoted, with the condition under which it is seen. A message that replies to none looks for none.
    /// </summary>
    private const string QuoteBegins = """
        case when m.reply_to is not null then (
          select jsonb_build_object('id', q.id, 'seq', q.seq) || case when q.deleted_at is null and b.id is not null and
            not exists (
        """;

    private const string QuoteEnds = """
        ) then jsonb_build_object('excerpt', q.content,
                   'author', jsonb_build_object('id', b.id, 'username', b.username, 'display_name', b.display_name,
                     'avatar_url', b.avatar_url)) else '{}' end
            from message q left join account b on b.id = q.author_id where q.id = m.reply_to) end as reply
        """;

    // A scalar subquery looks members up; "exists" may read all of the room.
    private const string UnseenByMembers = """
        array(select s.other_id from block_pair s where s.account_id = m.author_id
          and (select w.role from room_member w where w.room_id = m.room_id
            and w.account_id = s.other_id) is not null) as unseen_by, false as hidden
        """;

    private const string Own = """
        case when m.reactions = '[]' then '{}'
          else array(select o.emoji from message_reaction o where o.message_id = m.id
          and o.account_id = @UserId) end as own_reactions
        """;

    /// <summary>
    /// One frame goes to everybody, so what is quoted is told in full only where every member may see it.
    /// </summary>
    private const string QuoteForAll = $"""
        {QuoteBegins}select 1 from block_pair s where s.account_id = q.author_id
                and (select w.role from room_member w where w.room_id = m.room_id
                  and w.account_id = s.other_id) is not null{QuoteEnds}
        """;

    /// <summary>
    /// For everybody in the room; for <c>from message m left join account a on a.id = m.author_id</c>.
    /// </summary>
    internal const string ColumnsForAll = $$"""
        {{Told}}, {{QuoteForAll}}, {{UnseenByMembers}}, '{}'::text[] as own_reactions
        """;

    /// <summary>For everybody, and for an answer to the caller, <c>@UserId</c>, who did something to it.</summary>
    internal const string ColumnsForBoth = $"{Told}, {QuoteForAll}, {UnseenByMembers}, {Own}";

    /// <summary>For the caller, <c>@UserId</c>; from the same tables.</summary>
    internal const string ColumnsForCaller = $$"""
        {{Told}}, {{QuoteBegins}}select 1 from block_pair s where s.account_id = @UserId
          and s.other_id = q.author_id{{QuoteEnds}},
        '{}'::uuid[] as unseen_by, m.author_id in ({{UsersReads.BlockedBy}} @UserId) as hidden, {{Own}}
        """;

    /// <summary>How far the room's changes had come when the message was stored; known to who stores it.</summary>
    public long RoomChange { get; init; }

    /// <summary>As it is told to everybody: nothing in it depends on who reads.</summary>
    internal Message ToMessage()
    {
        var message = Whole(ReactionsOf(null));
        return Hidden ? message.Veiled() : message;
    }

    /// <summary>As the caller sees it for whom it was read.</summary>
    internal Message ForCaller()
    {
        var message = Whole(ReactionsOf(OwnReactions));
        return Hidden ? message.Veiled() : message;
    }

    private Message Whole(Reaction[] reactions) =>
        new(
            Id,
            RoomId,
            Seq,
            ClientId,
            Username is null ? null : new UserCard(AuthorId, Username, DisplayName!, AvatarUrl),
            DeletedAt is null ? Content : "",
            ReplyTo,
            Reply is null ? null : JsonSerializer.Deserialize(Reply, MessageJson.Default.Quote)!.Short(),
            TrackId is { } track ? new TrackPosition(track, TrackPositionMs ?? 0) : null,
            Attachments == Empty ? [] : JsonSerializer.Deserialize(Attachments, MessageJson.Default.AttachmentArray)!,
            reactions,
            Mentions == Empty ? [] : JsonSerializer.Deserialize(Mentions, MessageJson.Default.MentionArray)!,
            Calls,
            Edits,
            Change,
            false,
            CreatedAt,
            EditedAt,
            PinnedAt,
            DeletedAt
        );

    private const string Empty = "[]";

    private Reaction[] ReactionsOf(string[]? own)
    {
        if (Reactions == Empty)
            return [];
        var reactions = JsonSerializer.Deserialize(Reactions, MessageJson.Default.ReactionArray)!;
        return own is null ? reactions : [.. reactions.Select(r => r with { Me = own.Contains(r.Emoji) })];
    }
}

/// <summary>The lists as they stand on a message's row.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Quote))]
[JsonSerializable(typeof(Attachment[]))]
[JsonSerializable(typeof(Reaction[]))]
[JsonSerializable(typeof(Mention[]))]
internal sealed partial class MessageJson : JsonSerializerContext;
