using Dapper;
using Npgsql;
using Veza.Features.Chat.Realtime;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Messages;

/// <summary>Edits, by HTTP and by socket. What was said before is kept with the moment it was written.</summary>
internal sealed class MessageEdits(PostgresSource postgres, RoomFeeds feeds)
{
    /// <summary>So often a message may be edited: it bounds the list of its revisions.</summary>
    internal const int EditsMax = 100;

    internal const string EditSql = $"""
        with {LockedMessage.Sql}, kept as (
          insert into message_revision (message_id, number, room_id, content, written_at)
          select id, edits, room_id, content, coalesce(edited_at, created_at) from before
           where author_id = @UserId and role is not null and not silenced and deleted_at is null
             and content <> @content and edits < @EditsMax and (@edits < 0 or edits = @edits)
          returning message_id, room_id
        ), bumped as (
          update room set last_change = last_change + 1 from kept where room.id = kept.room_id
            returning room.last_change
        ), m as (
          update message set content = @content, mentions = @Json::jsonb,
                 calls = case when (select role from before) <> 'member'
                   then @Calls end, edits = message.edits + 1, edited_at = now(), change = bumped.last_change
            from bumped where message.id = @id
          returning {MessageRow.Stored}
        ), unmentioned as (
          delete from message_mention n using m where n.message_id = m.id
            and not m.mentions @> jsonb_build_array(jsonb_build_object('id', n.account_id))
            and not (n.account_id = '00000000-0000-0000-0000-000000000000' and m.calls = 'room')
        ), mentioned as (
          {MentionedPeople.Kept}
        )
        select {MessageRow.ColumnsForBoth} from m left join account a on a.id = m.author_id
        """;

    /// <summary>
    /// Changes what the caller's own message says. The same words again change nothing; with a number of edits, only if
    /// it still stands there.
    /// </summary>
    internal async Task<(Message? Message, Error? Error)> Edit(
        Guid id,
        string? content,
        int? edits,
        Caller caller,
        CancellationToken ct
    )
    {
        if (MessageRules.RefuseContent(content) is { } refused)
            return (null, refused);
        MessageRow? row;
        await using (var db = await postgres.OpenConnectionAsync(ct))
        {
            if (await LockedMessage.Look(db, id, caller) is not { } sight)
                return (null, ChatErrors.MessageNotFound);
            var (json, calls) = await MentionedPeople.Of(db, sight.RoomId, content, caller);
            row = await db.QuerySingleOrDefaultAsync<MessageRow>(
                LockedMessage.Take + EditSql,
                new
                {
                    id,
                    caller.UserId,
                    content,
                    Json = json,
                    Calls = calls,
                    edits = edits ?? -1,
                    EditsMax,
                }
            );
            if (row is null)
                return await WhyNot(db, id, content!, edits, caller);
        }

        await feeds.Publish(News.Changed(row));
        return (row.ForCaller(), null);
    }

    private static async Task<(Message? Message, Error? Error)> WhyNot(
        NpgsqlConnection db,
        Guid id,
        string content,
        int? edits,
        Caller caller
    )
    {
        if (await LockedMessage.Look(db, id, caller) is not { } sight)
            return (null, ChatErrors.MessageNotFound);
        if (sight.RefuseMember is { } refused)
            return (null, refused);
        if (sight.AuthorId != caller.UserId)
            return (null, ChatErrors.MessageForbidden);
        if (edits is not null && edits != sight.Edits)
            return (null, Errors.PreconditionFailed);
        if (await LockedMessage.RefuseSilenced(db, sight, caller) is { } silenced)
            return (null, silenced);
        var message = await LockedMessage.Read(db, id, caller);
        return message?.Content == content ? (message, null) : (null, ChatErrors.TooManyEdits);
    }
}
