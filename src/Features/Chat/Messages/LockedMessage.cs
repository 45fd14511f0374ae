using Dapper;
using Npgsql;
using Veza.Features.Chat.Rooms;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// How every statement that changes a message begins: it holds the room, then the message, so that two changes of one
/// message follow each other and each sees what the one before has left. The room comes first everywhere, or two of
/// them would wait for each other.
/// </summary>
[HotRead]
internal static class LockedMessage
{
    /// <summary>
    /// Who may not speak may not change what was said either, nor react: the muted, and the two of a
    /// conversation where one blocks the other.
    /// </summary>
    private const string Silenced = $"""
        (exists (select 1 from room_mute u where u.room_id = m.room_id and u.account_id = @UserId and u.until > now())
          or held.visibility = 'direct' and exists
          (select 1 from room_member o where o.room_id = m.room_id
            and o.account_id in ({UsersReads.BlockedBy} @UserId)))
        """;

    /// <summary>
    /// Who reads a room's messages, for <c>from room r left join room_member w</c> of the caller's: members, and of a
    /// public room everybody but the banned.
    /// </summary>
    internal const string Reads = """
        (w.role is not null or r.visibility = 'public' and not
          exists (select 1 from room_ban b where b.room_id = r.id and b.account_id = @UserId and b.until > now()))
        """;

    /// <summary>
    /// Sent in front of the statement, in one batch: a statement that waited for the room itself would know its
    /// members, their roles and who may not speak as they were before it waited.
    /// </summary>
    internal const string Take = "call hold_message(@id);";

    /// <summary>
    /// <c>before</c> is the message <c>@id</c> as it stands under the hold, with the caller's <c>role</c> in its room,
    /// or nothing where they see no such message.
    /// </summary>
    internal const string Sql = $"""
        held as (
          select r.id, r.visibility from room r
            where r.id = (select room_id from message where id = @id) for no key update
        ), before as (
          select m.id, m.room_id, held.visibility, m.seq, m.author_id, m.content, m.mentions, m.reactions, m.edits,
            m.created_at, m.edited_at, m.pinned_at, m.deleted_at,
                 (select role from room_member w where w.room_id = m.room_id and w.account_id = @UserId) as role,
                 m.author_id in ({UsersReads.BlockedBy} @UserId) as hidden,
                 {LockedMessage.Silenced} as silenced
            from held join message m on m.room_id = held.id where m.id = @id for no key update of m
        )
        """;

    internal sealed record VisibleMessage(
        Guid RoomId,
        long Seq,
        Guid AuthorId,
        bool IsRead,
        string? Role,
        bool Hidden,
        int Edits,
        DateTime? DeletedAt
    )
    {
        internal bool Moderates => Role is "owner" or "moderator";

        /// <summary>Why somebody who is to be a member may do nothing to it; null when it is not that.</summary>
        internal Error? RefuseMember =>
            !IsRead ? ChatErrors.MessageNotFound
            : Role is null ? ChatErrors.NotAMember
            : DeletedAt is not null ? ChatErrors.MessageDeleted
            : null;
    }

    /// <summary>
    /// What the caller has to do with a message, whether they see it or not: for saying why nothing was done, and for
    /// reading what belongs to it.
    /// </summary>
    internal static async Task<VisibleMessage?> Look(NpgsqlConnection db, Guid id, Caller caller) =>
        await db.QuerySingleOrDefaultAsync<VisibleMessage>(
            $"""
            select m.room_id, m.seq, m.author_id, not h.hidden
              and {LockedMessage.Reads} as is_read, w.role, h.hidden, m.edits, m.deleted_at
              from message m
             cross join lateral (select m.author_id in ({UsersReads.BlockedBy} @UserId) as hidden) h
              join room r on r.id = m.room_id left join room_member w on w.room_id = m.room_id
                and w.account_id = @UserId
             where m.id = @id
            """,
            new { id, caller.UserId }
        );

    /// <summary>Why a member could do nothing to it, when it is that they may not speak.</summary>
    internal static async Task<Error?> RefuseSilenced(NpgsqlConnection db, VisibleMessage sight, Caller caller) =>
        await Speaking.WhyNot(db, sight.RoomId, caller) is { } silenced && silenced.Code != ChatErrors.SlowMode.Code
            ? silenced
            : null;

    /// <summary>The message as the caller sees it, or null.</summary>
    internal static async Task<Message?> Read(NpgsqlConnection db, Guid id, Caller caller)
    {
        var row = await db.QuerySingleOrDefaultAsync<MessageRow>(
            $"""
            select {MessageRow.ColumnsForCaller} from message m left join account a on a.id = m.author_id
             where m.id = @id and exists (select 1 from room r left join room_member w on w.room_id = r.id
               and w.account_id = @UserId
                                           where r.id = m.room_id and {LockedMessage.Reads})
            """,
            new { id, caller.UserId }
        );
        return row?.ForCaller();
    }
}
