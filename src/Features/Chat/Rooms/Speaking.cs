using Dapper;
using Npgsql;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Security;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Chat.Rooms;

/// <summary>
/// Whether a member may speak now: not muted, no faster than slow mode lets them, and in a conversation of two not
/// while one blocks the other. Fragments of the statement that posts, over <c>@roomId</c> and <c>@UserId</c>.
/// </summary>
internal static class Speaking
{
    private const string Unmuted =
        "not exists (select 1 from room_mute u where u.room_id = @roomId and u.account_id = @UserId and u.until "
        + "> now())";

    /// <summary>Whoever is a member and no more; the owner and moderators are not slowed.</summary>
    private const string Slowed = """
        select w.account_id from room_member w where w.room_id = @roomId and w.account_id = @UserId
          and w.role = 'member'
        """;

    /// <summary>
    /// A step before the message, <c>paced</c>: takes the turn of who is slowed, and gives a row if they had one. It
    /// locks their own row, so of two posts at once by one person the second waits and finds the turn taken. What else
    /// may keep the message from being stored stands between begin and end: such a post costs no turn.
    /// </summary>
    internal const string PacedBegin = $"""
        insert into room_pace (room_id, account_id, spoke_at)
        select p.id, w.account_id, now() from room p, ({Slowed}) w where p.id = @roomId and p.slow_mode_s > 0
          and {Unmuted}
        """;

    internal const string PacedEnd = """
        on conflict (room_id, account_id) do update set spoke_at = excluded.spoke_at
          where room_pace.spoke_at <= now() - make_interval(secs => (select slow_mode_s from room where id = @roomId))
        returning room_id
        """;

    /// <summary>
    /// For a statement over <c>room</c> that has the step <c>paced</c>. That is asked for by a subquery of its own,
    /// which is not asked again when the room's row was waited for.
    /// </summary>
    internal const string Allowed = $"""
        {Unmuted}
        and (room.slow_mode_s = 0 or (select count(*) from paced) > 0 or not exists ({Slowed}))
        and (room.visibility <> 'direct' or not exists
          (select 1 from room_member o where o.room_id = room.id and o.account_id in ({UsersReads.BlockedBy} @UserId)))
        """;

    internal sealed record Standing(bool IsMuted, int? MutedForS, bool IsBlocked, int WaitS);

    /// <summary>What keeps a member from speaking, null when it is something else.</summary>
    internal static async Task<Error?> WhyNot(NpgsqlConnection db, Guid roomId, Caller caller)
    {
        var standing = await db.QuerySingleOrDefaultAsync<Standing>(
            $"""
            select u.account_id is not null as is_muted, case when u.until < 'infinity'
              then least(ceil(extract(epoch from u.until - now())), 2147483647)::int end as muted_for_s,
                   r.visibility = 'direct' and
                     exists (select 1 from room_member o where o.room_id = r.id
                       and o.account_id in ({UsersReads.BlockedBy} @UserId)) as is_blocked,
                   case when m.role = 'member' and r.slow_mode_s > 0
                     then coalesce(ceil(extract(epoch from p.spoke_at - now()) + r.slow_mode_s)::int, 0)
                     else 0 end as wait_s
              from room r join room_member m on m.room_id = r.id and m.account_id = @UserId
              left join room_mute u on u.room_id = r.id and u.account_id = @UserId and u.until > now()
              left join room_pace p on p.room_id = r.id and p.account_id = @UserId
             where r.id = @roomId
            """,
            new { roomId, caller.UserId }
        );
        if (standing is null)
            return null;
        if (standing.IsBlocked)
            return ChatErrors.DirectBlocked;
        if (standing.IsMuted)
            return ChatErrors.Muted with { RetryAfterS = standing.MutedForS };
        return standing.WaitS > 0 ? ChatErrors.SlowMode with { RetryAfterS = standing.WaitS } : null;
    }
}
