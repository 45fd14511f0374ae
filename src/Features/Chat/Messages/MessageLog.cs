using Dapper;
using Npgsql;
using Veza.Features.Chat.Rooms;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Messages;

/// <summary>The log of a room's messages, read by seq and by change.</summary>
[HotRead]
internal sealed class MessageLog(PostgresSource postgres)
{
    /// <summary>So long a client_id posts once. It bounds the months that a post has to look through.</summary>
    internal static readonly TimeSpan ClientIdsKept = TimeSpan.FromDays(31);

    internal sealed record Head(Guid Id, long LastSeq, long LastChange);

    /// <summary>Why a message is not stored: it is there already under its client_id, or may not be.</summary>
    internal async Task<(MessageRow? There, Error? Why)> WhyNotPosted(
        Guid roomId,
        Draft draft,
        Caller caller,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var there = await db.QuerySingleOrDefaultAsync<MessageRow>(
            $"""
            select {MessageRow.ColumnsForCaller} from message m left join account a on a.id = m.author_id
             where m.room_id = @roomId and m.author_id = @UserId and m.client_id = @ClientId
               and m.id >= uuid_at(now() - @kept::interval)
               and exists (select 1 from room_member where room_id = @roomId and account_id = @UserId)
            """,
            new
            {
                roomId,
                caller.UserId,
                draft.ClientId,
                kept = ClientIdsKept,
            }
        );
        // Once it is edited or deleted nobody can tell what was said first.
        if (there is not null)
            return there.EditedAt is not null || there.DeletedAt is not null || there.Content == (draft.Content ?? "")
                ? (there, null)
                : (null, Errors.ClientIdReused);
        return (null, await WhyNot(db, roomId, caller, draft));
    }

    /// <summary>Messages after a seq, oldest first, as everybody may see them.</summary>
    internal async Task<MessageRow[]> After(Guid roomId, long seq, int limit, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<MessageRow>(
            $"""
            select {MessageRow.ColumnsForAll} from message m left join account a on a.id = m.author_id
             where m.room_id = @roomId and m.seq > @seq order by m.seq limit @limit
            """,
            new
            {
                roomId,
                seq,
                limit,
            }
        );
        return [.. rows];
    }

    /// <summary>
    /// Messages that a later change than this one touched last, in the order of the changes; each as it is now.
    /// </summary>
    internal async Task<MessageRow[]> ChangedAfter(Guid roomId, long change, int limit, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<MessageRow>(
            $"""
            select {MessageRow.ColumnsForAll} from message m left join account a on a.id = m.author_id
             where m.room_id = @roomId and m.change > @change and m.change > 0 order by m.change limit @limit
            """,
            new
            {
                roomId,
                change,
                limit,
            }
        );
        return [.. rows];
    }

    /// <summary>The messages that were changed last, and later than this change; the newest change first.</summary>
    internal async Task<MessageRow[]> NewestChanges(Guid roomId, long change, int limit, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<MessageRow>(
            $"""
            select {MessageRow.ColumnsForAll} from message m left join account a on a.id = m.author_id
             where m.room_id = @roomId and m.change > @change and m.change > 0 order by m.change desc limit @limit
            """,
            new
            {
                roomId,
                change,
                limit,
            }
        );
        return [.. rows];
    }

    /// <summary>Messages after a seq, oldest first, as the caller sees them.</summary>
    internal async Task<Message[]> After(Guid roomId, long seq, int limit, Caller caller, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<MessageRow>(
            $"""
            select {MessageRow.ColumnsForCaller} from message m left join account a on a.id = m.author_id
             where m.room_id = @roomId and m.seq > @seq order by m.seq limit @limit
            """,
            new
            {
                roomId,
                seq,
                limit,
                caller.UserId,
            }
        );
        return [.. rows.Select(row => row.ForCaller())];
    }

    /// <summary>Messages before a seq, oldest first, as the caller sees them.</summary>
    internal async Task<Message[]> Before(Guid roomId, long seq, int limit, Caller caller, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<MessageRow>(
            $"""
            select {MessageRow.ColumnsForCaller} from message m left join account a on a.id = m.author_id
             where m.room_id = @roomId and m.seq < @seq order by m.seq desc limit @limit
            """,
            new
            {
                roomId,
                seq,
                limit,
                caller.UserId,
            }
        );
        return [.. rows.Select(row => row.ForCaller()).Reverse()];
    }

    /// <summary>How far a room has come; null when it is gone.</summary>
    internal async Task<Head?> HeadOf(Guid roomId, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await db.QuerySingleOrDefaultAsync<Head>(
            "select id, last_seq, last_change from room where id = @roomId",
            new { roomId }
        );
    }

    /// <summary>Of these rooms those that have come further than this, and how far.</summary>
    internal async Task<Head[]> Ahead(Head[] known, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<Head>(
            """
            select r.id, r.last_seq, r.last_change
              from unnest(@ids::uuid[], @seqs::bigint[], @changes::bigint[]) k (id, seq, change)
              join room r on r.id = k.id where r.last_seq > k.seq or r.last_change > k.change
            """,
            new
            {
                ids = new PgValue<Guid[]>([.. known.Select(h => h.Id)]),
                seqs = new PgValue<long[]>([.. known.Select(h => h.LastSeq)]),
                changes = new PgValue<long[]>([.. known.Select(h => h.LastChange)]),
            }
        );
        return [.. rows];
    }

    /// <summary>Whether any of these people see nothing of any of those authors.</summary>
    internal async Task<bool> AnyShy(Guid[] readerIds, Guid[] authorIds, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await db.ExecuteScalarAsync<bool>(
            "select exists (select 1 from block_pair where account_id = any(@readers) and other_id = any(@authors))",
            new { readers = new PgValue<Guid[]>(readerIds), authors = new PgValue<Guid[]>(authorIds) }
        );
    }

    /// <summary>The seq of the first message at or after a moment, or of the next one to come.</summary>
    internal static Task<long> SeqAt(NpgsqlConnection db, Guid roomId, DateTime moment) =>
        db.ExecuteScalarAsync<long>("select message_seq_at(@roomId, @moment)", new { roomId, moment });

    internal async Task<long> SeqAt(Guid roomId, DateTime moment, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await SeqAt(db, roomId, moment);
    }

    private static async Task<Error> WhyNot(NpgsqlConnection db, Guid roomId, Caller caller, Draft draft)
    {
        if (await Speaking.WhyNot(db, roomId, caller) is { } silenced)
            return silenced;
        var room = await db.QuerySingleOrDefaultAsync<Room>(
            $"""
            select {Room.Columns} from room r left join room_member m on m.room_id = r.id and m.account_id = @UserId
             where r.id = @roomId and {Room.Seen}
            """,
            new { roomId, caller.UserId }
        );
        if (room is null)
            return ChatReads.RoomNotFound;
        if (room.Role is null)
            return ChatErrors.NotAMember;
        if (
            draft.ReplyTo is { } replyTo
            && !await db.ExecuteScalarAsync<bool>(
                "select exists (select 1 from message where id = @replyTo and room_id = @roomId)",
                new { replyTo, roomId }
            )
        )
            return ChatErrors.MessageNotFound.With(
                new FieldError("reply_to", ChatErrors.MessageNotFound.Code, "reply_to is no message of this room")
            );
        return draft.Attachments is { Length: > 0 }
            ? ChatErrors.AttachmentNotFound.With(
                new FieldError(
                    "attachments",
                    ChatErrors.AttachmentNotFound.Code,
                    "attachments are files that you brought into this room and no message has yet"
                )
            )
            : ChatErrors.NotAMember;
    }
}
