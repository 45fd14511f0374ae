using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat;

/// <summary>What a member wants to say.</summary>
internal sealed record Draft(string? ClientId, string? Content, Guid? ReplyTo, TrackPosition? TrackPosition);

/// <summary>The log of a room's messages: written by one statement, read by seq. What it has returned is committed.</summary>
internal sealed class MessageLog(NpgsqlDataSource postgres)
{
    internal sealed record Head(Guid Id, long LastSeq);

    /// <summary>
    /// Appends a message, or finds the one that was appended under the same client_id. Membership, the room's next seq and the message are one
    /// statement: whoever is removed meanwhile posts nothing, and a failure leaves no gap.
    /// </summary>
    internal async Task<(Message? Message, bool Added, Error? Error)> Append(Guid roomId, Draft draft, Caller caller, CancellationToken ct)
    {
        if (MessageRules.Refuse(draft) is { } refused) return (null, false, refused);
        await using var db = await postgres.OpenConnectionAsync(ct);
        var id = Guid.CreateVersion7();
        var trackId = draft.TrackPosition?.TrackId;
        var positionMs = draft.TrackPosition?.PositionMs;
        try
        {
            var added = await db.QuerySingleOrDefaultAsync<MessageRow>($"""
                with bumped as (
                  update room set last_seq = last_seq + 1
                   where id = @roomId
                     and exists (select 1 from room_member where room_id = @roomId and account_id = @UserId)
                     and (@ReplyTo::uuid is null or exists (select 1 from message where id = @ReplyTo and room_id = @roomId))
                     and not exists (select 1 from message where room_id = @roomId and author_id = @UserId and client_id = @ClientId)
                  returning last_seq
                ), m as (
                  insert into message (id, room_id, seq, client_id, author_id, content, reply_to, track_id, track_position_ms)
                  select @id, @roomId, last_seq, @ClientId, @UserId, @Content, @ReplyTo, @trackId, @positionMs from bumped
                  returning id, room_id, seq, client_id, author_id, content, reply_to, track_id, track_position_ms, created_at, edited_at, deleted_at
                )
                select {MessageRow.Columns} from m join account a on a.id = m.author_id
                """, new { id, roomId, caller.UserId, draft.ClientId, draft.Content, draft.ReplyTo, trackId, positionMs });
            if (added is not null) return (added.ToMessage(), true, null);
        }
        catch (PostgresException e) when (e is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "message_client_key" })
        {
            // Both at once: this one's statement is undone, and with it the seq it took.
        }

        // The same message again, after a lost acknowledgement, is found without a statement that fails.
        var there = await db.QuerySingleOrDefaultAsync<MessageRow>($"""
            select {MessageRow.Columns} from message m join account a on a.id = m.author_id
             where m.room_id = @roomId and m.author_id = @UserId and m.client_id = @ClientId and exists (select 1 from room_member where room_id = @roomId and account_id = @UserId)
            """, new { roomId, caller.UserId, draft.ClientId });
        if (there is not null) return there.Content == draft.Content ? (there.ToMessage(), false, null) : (null, false, Errors.ClientIdReused);
        return (null, false, await WhyNot(db, roomId, caller, draft.ReplyTo));
    }

    /// <summary>Messages after a seq, oldest first.</summary>
    internal async Task<Message[]> After(Guid roomId, long seq, int limit, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<MessageRow>($"""
            select {MessageRow.Columns} from message m join account a on a.id = m.author_id
             where m.room_id = @roomId and m.seq > @seq order by m.seq limit @limit
            """, new { roomId, seq, limit });
        return [.. rows.Select(row => row.ToMessage())];
    }

    /// <summary>Messages before a seq, oldest first.</summary>
    internal async Task<Message[]> Before(Guid roomId, long seq, int limit, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<MessageRow>($"""
            select {MessageRow.Columns} from message m join account a on a.id = m.author_id
             where m.room_id = @roomId and m.seq < @seq order by m.seq desc limit @limit
            """, new { roomId, seq, limit });
        return [.. rows.Select(row => row.ToMessage()).Reverse()];
    }

    /// <summary>The newest seq of each room that still exists.</summary>
    internal async Task<Head[]> Heads(Guid[] roomIds, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<Head>("select id, last_seq from room where id = any(@ids)", new { ids = new PgValue<Guid[]>(roomIds) });
        return [.. rows];
    }

    private static async Task<Error> WhyNot(NpgsqlConnection db, Guid roomId, Caller caller, Guid? replyTo)
    {
        var room = await db.QuerySingleOrDefaultAsync<Room>($"""
            select {Room.Columns} from room r left join room_member m on m.room_id = r.id and m.account_id = @UserId
             where r.id = @roomId and {Room.Seen}
            """, new { roomId, caller.UserId });
        if (room is null) return Errors.RoomNotFound;
        return room.Role is null || replyTo is null ? Errors.NotAMember : Errors.MessageNotFound.With(new FieldError("reply_to", Errors.MessageNotFound.Code, "reply_to is no message of this room"));
    }
}

/// <summary>What may be posted.</summary>
internal static class MessageRules
{
    internal static Error? Refuse(Draft draft)
    {
        var faults = new List<FieldError>();
        if (draft.ClientId is not { Length: > 0 }) faults.Add(new FieldError("client_id", "REQUIRED", "client_id is required: it makes posting twice harmless"));
        else if (draft.ClientId.Length > ChatModule.ClientIdCharsMax) faults.Add(new FieldError("client_id", "TOO_LONG", $"client_id has at most {ChatModule.ClientIdCharsMax} characters"));
        if (string.IsNullOrWhiteSpace(draft.Content)) faults.Add(new FieldError("content", "REQUIRED", "content is required"));
        else if (draft.Content.Length > ChatModule.ContentCharsMax) faults.Add(new FieldError("content", "TOO_LONG", $"content has at most {ChatModule.ContentCharsMax} characters"));
        if (draft.TrackPosition is { PositionMs: < 0 }) faults.Add(new FieldError("track_position.position_ms", "OUT_OF_RANGE", "position_ms is not negative"));
        if (faults.Count > 0) return Errors.Validation.With([.. faults]);
        return draft.Content!.Contains('\0', StringComparison.Ordinal) || draft.ClientId!.Contains('\0', StringComparison.Ordinal) ? Errors.CharacterRefused : null;
    }
}
