using Dapper;
using Npgsql;
using Veza.Features.Chat.Realtime;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// Reactions, as they are added and taken back: who reacted stands by itself, the counts on the message, both changed
/// by one statement that holds the message.
/// </summary>
[HotRead]
internal sealed class Reactions(PostgresSource postgres, RoomFeeds feeds)
{
    /// <summary>Different emoji on one message, and those of one person on it.</summary>
    internal const int EmojiMax = 50,
        OwnMax = 20;

    internal const string Told = $"""
        , bumped as (
          update room set last_change = last_change + 1 from reacted where room.id = reacted.room_id
            returning room.last_change
        ), m as (
          update message set reactions = reactions_with(message.reactions, @emoji, @by), change = bumped.last_change
            from bumped where message.id = @id
          returning {MessageRow.Stored}
        )
        select {MessageRow.ColumnsForBoth} from m left join account a on a.id = m.author_id
        """;

    internal const string AddSql = $"""
        with {LockedMessage.Sql}, reacted as (
          insert into message_reaction (message_id, account_id, emoji, room_id)
          select id, @UserId, @emoji, room_id from before
           where deleted_at is null and role is not null and not hidden and not silenced
             and (reactions @> jsonb_build_array(jsonb_build_object('emoji', @emoji::text))
               or jsonb_array_length(reactions) < @EmojiMax)
             and (select count(*) from message_reaction o where o.message_id = @id and o.account_id = @UserId) < @OwnMax
          on conflict (message_id, account_id, emoji) do nothing
          returning room_id
        ){Reactions.Told}
        """;

    internal const string RemoveSql = $"""
        with {LockedMessage.Sql}, reacted as (
          delete from message_reaction r using before
           where r.message_id = before.id and r.account_id = @UserId and r.emoji = @emoji and before.deleted_at is null
             and before.role is not null and not before.hidden
          returning r.room_id
        ){Reactions.Told}
        """;

    internal async Task<(Message? Message, Error? Error)> Add(Guid id, string text, Caller caller, CancellationToken ct)
    {
        if (Emoji.Read(text) is not { } emoji)
            return (null, NoEmoji);
        await using var db = await postgres.OpenConnectionAsync(ct);
        var row = await db.QuerySingleOrDefaultAsync<MessageRow>(
            LockedMessage.Take + AddSql,
            new
            {
                id,
                caller.UserId,
                emoji,
                by = 1,
                EmojiMax,
                OwnMax,
            }
        );
        return row is null
            ? await AsItWas(db, id, emoji, caller)
            : await Publish(db, row with { OwnReactions = [.. row.OwnReactions, emoji] }, emoji, added: true, caller);
    }

    internal async Task<(Message? Message, Error? Error)> Remove(
        Guid id,
        string text,
        Caller caller,
        CancellationToken ct
    )
    {
        if (Emoji.Read(text) is not { } emoji)
            return (null, NoEmoji);
        await using var db = await postgres.OpenConnectionAsync(ct);
        var row = await db.QuerySingleOrDefaultAsync<MessageRow>(
            LockedMessage.Take + RemoveSql,
            new
            {
                id,
                caller.UserId,
                emoji,
                by = -1,
            }
        );
        return row is null
            ? await AsItWas(db, id, null, caller)
            : await Publish(
                db,
                row with
                {
                    OwnReactions = [.. row.OwnReactions.Where(own => own != emoji)],
                },
                emoji,
                added: false,
                caller
            );
    }

    private static Error NoEmoji =>
        Errors.Validation.With(new FieldError("emoji", "INVALID_FORMAT", "emoji is one emoji"));

    private async Task<(Message? Message, Error? Error)> Publish(
        NpgsqlConnection db,
        MessageRow row,
        string emoji,
        bool added,
        Caller caller
    )
    {
        var message = row.ForCaller();
        var count = message.Reactions.FirstOrDefault(r => r.Emoji == emoji)?.Count ?? 0;
        // Who sees nothing of the author hears nothing of the message; who sees nothing of the person who reacted hears
        // the count alone.
        Guid[] shyOfCaller =
            row.AuthorId == caller.UserId
                ? row.UnseenBy
                :
                [
                    .. await db.QueryAsync<Guid>(
                        """
                        select s.other_id from block_pair s join room_member w on w.room_id = @RoomId
                          and w.account_id = s.other_id where s.account_id = @UserId
                        """,
                        new { row.RoomId, caller.UserId }
                    ),
                ];
        var anonymous = Frames.Reacted(row, emoji, null, added, count);
        var named = Frames.Reacted(row, emoji, caller.UserId, added, count);
        // Told when the connection is given back: a room that is busy may make whoever tells it wait.
        await db.DisposeAsync();
        await feeds.Publish(
            shyOfCaller.All(row.UnseenBy.Contains) ? News.Changed(row, named)
            : row.UnseenBy.Length == 0 ? News.Changed(row, named) with { UnseenBy = shyOfCaller, Veiled = anonymous }
            // Both there are: one frame for those who see the message, without a name.
            : News.Changed(row, anonymous)
        );
        return (message, null);
    }

    /// <summary>The message when there was nothing to do, or why nothing was done.</summary>
    private static async Task<(Message? Message, Error? Error)> AsItWas(
        NpgsqlConnection db,
        Guid id,
        string? wanted,
        Caller caller
    )
    {
        if (await LockedMessage.Look(db, id, caller) is not { } sight)
            return (null, ChatErrors.MessageNotFound);
        if (sight.RefuseMember is { } refused)
            return (null, refused);
        if (await LockedMessage.Read(db, id, caller) is not { } message)
            return (null, ChatErrors.MessageNotFound);
        if (wanted is not null && await LockedMessage.RefuseSilenced(db, sight, caller) is { } silenced)
            return (null, silenced);
        return wanted is null || message.Reactions.Any(r => r.Emoji == wanted && r.Me == true)
            ? (message, null)
            : (null, ChatErrors.TooManyReactions);
    }
}
