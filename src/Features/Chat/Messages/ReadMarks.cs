using Dapper;
using Veza.Features.Chat.Realtime;
using Veza.Features.Chat.Rooms;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Chat.Messages;

/// <summary>How far somebody has read a room, and what of it is unread.</summary>
internal sealed record ReadMark(
    Guid RoomId,
    long LastReadSeq,
    long LastSeq,
    long UnreadCount,
    long MentionCount,
    long? FirstUnreadSeq
)
{
    internal static readonly ReadMark Example = new(Room.Example.Id, 40, 42, 2, 1, 41);

    internal const int MentionsMax = 100;

    /// <summary>
    /// Mentions that are unread, counted up to a bound; with the room's member as <c>w</c>, and <c>@UserId</c>.
    /// </summary>
    internal const string Mentions = $"""
        (select count(*) from (
           select 1 from message_mention n
            where n.account_id = any(array[@UserId, '00000000-0000-0000-0000-000000000000']::uuid[])
              and n.room_id = w.room_id and n.seq > w.last_read_seq and n.author_id <> @UserId
              and n.author_id not in ({UsersReads.BlockedBy} @UserId)
            limit @MentionsMax) counted) as mention_count
        """;

    /// <summary>For <c>from room_member w join room r on r.id = w.room_id</c>.</summary>
    internal const string Columns = $"""
        w.room_id, w.last_read_seq, r.last_seq, greatest(0, r.last_seq - w.last_read_seq) as unread_count, {Mentions},
        case when r.last_seq > w.last_read_seq then w.last_read_seq + 1 end as first_unread_seq
        """;
}

/// <summary>
/// Marks, set by HTTP and by socket. A mark only goes forward, unless somebody asks for the opposite: to see it as
/// unread again.
/// </summary>
[HotRead]
internal sealed class ReadMarks(PostgresSource postgres, ReadReceipts receipts, RoomAccess access)
{
    internal sealed record Moved(long LastReadSeq, bool IsTold, Guid[] UnseenBy);

    internal const string MoveSql = """
        with before as (
          select w.room_id, w.last_read_seq, case when @unread then least(w.last_read_seq, @seq - 1)
            else greatest(w.last_read_seq, least(@seq, r.last_seq)) end as sought
            from room_member w join room r on r.id = w.room_id where w.room_id = @roomId
              and w.account_id = @UserId for no key update of w
        ), moved as (
          update room_member w set last_read_seq = before.sought, read_at = now() from before
           where w.room_id = before.room_id and w.account_id = @UserId and before.sought <> before.last_read_seq
          returning w.last_read_seq, w.receipts = 'public' and w.last_read_seq > before.last_read_seq as is_told
        )
        select last_read_seq, is_told, array(
          select s.other_id from block_pair s join room_member o on o.room_id = @roomId and o.account_id = s.other_id
            where is_told and s.account_id = @UserId) as unseen_by
          from moved
        """;

    internal async Task<(ReadMark? Mark, Error? Error)> Set(
        Guid roomId,
        long? seq,
        bool unread,
        Caller caller,
        CancellationToken ct
    )
    {
        if (seq is null)
            return (null, Errors.Validation.With(new FieldError("seq", "REQUIRED", "seq is required")));
        if (seq < (unread ? 1 : 0))
            return (null, Errors.Validation.With(new FieldError("seq", "OUT_OF_RANGE", "seq is that of a message")));
        await using var db = await postgres.OpenConnectionAsync(ct);
        var moved = await db.QuerySingleOrDefaultAsync<Moved>(
            MoveSql,
            new
            {
                roomId,
                caller.UserId,
                seq,
                unread,
            }
        );
        if (moved is not null)
        {
            var frame = Frames.ReadUpTo(roomId, caller.UserId, moved.LastReadSeq);
            receipts.Tell(News.Own(roomId, caller.UserId, frame));
            if (moved.IsTold)
                receipts.Tell(News.Passing(roomId, caller.UserId, frame) with { UnseenBy = moved.UnseenBy });
        }

        var mark = await db.QuerySingleOrDefaultAsync<ReadMark>(
            $"""
            select {ReadMark.Columns} from room_member w join room r on r.id = w.room_id where w.room_id = @roomId
              and w.account_id = @UserId
            """,
            new
            {
                roomId,
                caller.UserId,
                ReadMark.MentionsMax,
            }
        );
        if (mark is not null)
            return (mark, null);
        await db.DisposeAsync();
        return (null, await access.RefuseReading(roomId, caller, ct) ?? ChatErrors.NotAMember);
    }
}
