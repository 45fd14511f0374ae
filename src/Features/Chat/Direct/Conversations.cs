using Dapper;
using Veza.Features.Chat.Messages;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;
using UserCard = Veza.Features.Users.UsersReads.UserCard;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Chat.Direct;

/// <summary>
/// Conversations of two: rooms with visibility <c>direct</c>, one for each two people. What is said in them is said as
/// in any room.
/// </summary>
[HotRead]
internal sealed class Conversations(PostgresSource postgres)
{
    internal sealed record Found(bool IsKnown, bool IsBlocked, Guid? RoomId);

    internal sealed record Row(
        Guid RoomId,
        long LastSeq,
        DateTime ActiveAt,
        Guid? Id,
        string? Username,
        string? DisplayName,
        string? AvatarUrl
    );

    /// <summary>
    /// The room of the caller and this person, null when they have none yet; or why there is none for them.
    /// </summary>
    internal async Task<(Guid? RoomId, Error? Refused)> Find(
        Guid otherId,
        Caller caller,
        bool toWrite,
        CancellationToken ct
    )
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var found = await db.QuerySingleAsync<Found>(
            $"""
            select exists (select 1 from account where id = @otherId) as is_known,
                   @otherId in ({UsersReads.BlockedBy} @UserId) as is_blocked,
                   (select room_id from conversation where account_id = @UserId and other_id = @otherId) as room_id
            """,
            new { otherId, caller.UserId }
        );
        if (!found.IsKnown && (toWrite || found.RoomId is null))
            return (null, UsersReads.UserNotFound);
        return found.IsBlocked ? (null, ChatErrors.DirectBlocked) : (found.RoomId, null);
    }

    /// <summary>
    /// The room of the two, made if it is not there. Of two who write to each other first at the same moment one makes
    /// it: the other's insert waits, does nothing, and finds it. Rows go in in one order, or the two would wait for
    /// each other.
    /// </summary>
    internal async Task<Guid> Open(Guid otherId, Caller caller, CancellationToken ct)
    {
        var id = Guid.CreateVersion7();
        await using var db = await postgres.OpenConnectionAsync(ct);
        var made = await db.ExecuteScalarAsync<Guid?>(
            """
            with sides as (
              insert into conversation (account_id, other_id, room_id)
              select s.account_id, s.other_id, @id
                from (select @UserId::uuid, @otherId::uuid union
                select @otherId::uuid, @UserId::uuid) s (account_id, other_id) order by s.account_id
              on conflict (account_id, other_id) do nothing
              returning account_id
            ), r as (
              insert into room (id, name, visibility, member_count) select @id, '', 'direct', count(*) from sides
                having count(*) > 0 returning id
            ), m as (
              insert into room_member (room_id, account_id) select @id, account_id from sides
            )
            select id from r
            """,
            new
            {
                id,
                caller.UserId,
                otherId,
            }
        );
        return made
            ?? await db.ExecuteScalarAsync<Guid>(
                "select room_id from conversation where account_id = @UserId and other_id = @otherId",
                new { caller.UserId, otherId }
            );
    }

    /// <summary>
    /// The caller's conversations in which something was said, the liveliest first; not those with people whom they
    /// block or are blocked by.
    /// </summary>
    internal async Task<Conversation[]> List(CursorPage seek, Caller caller, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<Row>(
            $"""
            select c.room_id, r.last_seq, c.active_at, a.id, a.username, a.display_name, a.avatar_url
              from conversation c join room r on r.id = c.room_id left join account a on a.id = c.other_id
             where c.account_id = @UserId and (c.active_at, c.room_id) < (@Moment, @after) and r.last_seq > 0
               and c.other_id not in ({UsersReads.BlockedBy} @UserId)
             order by c.active_at desc, c.room_id desc limit @Take
            """,
            new
            {
                caller.UserId,
                seek.Moment,
                after = seek.Id,
                seek.Take,
            }
        );
        Row[] found = [.. rows];
        Guid[] roomIds = [.. found.Select(row => row.RoomId)];
        var last = await db.QueryAsync<MessageRow>(
            $"""
            select {MessageRow.ColumnsForCaller} from unnest(@ids::uuid[]) w (id) join room r on r.id = w.id
              join message m on m.room_id = r.id and m.seq = r.last_seq left join account a on a.id = m.author_id
            """,
            new { ids = new PgValue<Guid[]>(roomIds), caller.UserId }
        );
        var said = last.ToDictionary(row => row.RoomId, row => row.ForCaller());
        return
        [
            .. found.Select(row => new Conversation(
                row.RoomId,
                row.Id is { } id ? new UserCard(id, row.Username!, row.DisplayName!, row.AvatarUrl) : null,
                row.LastSeq,
                said.GetValueOrDefault(row.RoomId),
                row.ActiveAt
            )),
        ];
    }
}
