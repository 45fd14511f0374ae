using Dapper;
using Npgsql;
using Veza.Features.Chat.Realtime;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.ObjectStorage;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// Deletion, by HTTP and by socket: the words, what was said before, reactions, mentions and files are erased; its
/// place stays.
/// </summary>
[HotRead]
internal sealed class MessageDeletion(PostgresSource postgres, RoomFeeds feeds, StorageClaims claims)
{
    internal const string DeleteSql = $"""
        with {LockedMessage.Sql}, allowed as (
          select id, room_id, pinned_at from before
           where deleted_at is null and (author_id = @UserId and role is not null or role in ('owner', 'moderator')
                  -- Who moderates the site does so where they read: the answer shows what the message answered to.
                  or @moderates and visibility <> 'direct' and (role is not null or visibility = 'public'))
        ), bumped as (
          update room set last_change = last_change + 1, pin_count = pin_count - case when allowed.pinned_at is null
            then 0 else 1 end
            from allowed where room.id = allowed.room_id
          returning room.last_change
        ), m as (
          update message set content = '', mentions = '[]', calls = null, reactions = '[]', attachments = '[]',
            pinned_at = null, pinned_by = null, track_id = null, track_position_ms = null,
                 deleted_at = now(), change = bumped.last_change
            from bumped where message.id = @id
          returning {MessageRow.Stored}
        ), unsaid as (
          delete from message_revision r using m where r.message_id = m.id
        ), unreacted as (
          delete from message_reaction r using m where r.message_id = m.id
        ), unmentioned as (
          delete from message_mention n using m where n.message_id = m.id
        )
        select {MessageRow.ColumnsForBoth} from m left join account a on a.id = m.author_id
        """;

    /// <summary>
    /// Its author may, while a member; the room's owner and moderators; and whoever moderates chat, in public rooms and
    /// those that they are in. Deleting twice changes nothing.
    /// </summary>
    internal async Task<(Message? Message, Error? Error)> Delete(Guid id, Caller caller, CancellationToken ct)
    {
        MessageRow? row;
        string[] prefixes;
        await using (var db = await postgres.OpenConnectionAsync(ct))
        {
            await using var transaction = await db.BeginTransactionAsync(ct);
            row = await db.QuerySingleOrDefaultAsync<MessageRow>(
                LockedMessage.Take + DeleteSql,
                new
                {
                    id,
                    caller.UserId,
                    moderates = caller.May(Permissions.ChatModerate),
                },
                transaction
            );
            if (row is null)
                return await WhyNot(db, transaction, id, caller);
            prefixes =
            [
                .. await db.QueryAsync<string>(
                    """
                    delete from attachment where message_id = @id
                      returning 'attachments/' || room_id || '/' || id || '/'
                    """,
                    new { id },
                    transaction
                ),
            ];
            await transaction.CommitAsync(CancellationToken.None);
        }

        await feeds.Publish(News.Changed(row));
        // They are up for sweeping already; whoever has the address of a file should not wait for that.
        await claims.SweepNow(prefixes);
        return (row.ForCaller(), null);
    }

    private static async Task<(Message? Message, Error? Error)> WhyNot(
        NpgsqlConnection db,
        NpgsqlTransaction transaction,
        Guid id,
        Caller caller
    )
    {
        await transaction.RollbackAsync();
        if (await LockedMessage.Look(db, id, caller) is not { } sight)
            return (null, ChatErrors.MessageNotFound);
        if (sight.DeletedAt is not null && await LockedMessage.Read(db, id, caller) is { } gone)
            return (gone, null);
        return (null, sight.RefuseMember ?? ChatErrors.MessageForbidden);
    }
}
