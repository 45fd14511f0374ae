using Dapper;
using Veza.Features.Chat.Realtime;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Loops;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Realtime;

namespace Veza.Features.Chat.Presence;

/// <summary>
/// Who is typing, as this node tells it. A signal is worth little and must cost little: one in a few seconds for each
/// person and room, few people of a room at once, none in large rooms. Receivers let it end by themselves, so nothing
/// depends on the word that it is over; a message of the person ends it too.
/// </summary>
[HotRead]
internal sealed class Typing(PostgresSource postgres, RoomFeeds feeds, TimeProvider clock)
{
    internal static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(3),
        ShownFor = TimeSpan.FromSeconds(8);

    /// <summary>Of a room: those that are told of at once on a node. Of a node: what it tells in a second.</summary>
    internal const int AudienceMax = 1000,
        PerRoomMax = 10,
        NodePerSecondMax = 1000;

    private readonly Lock gate = new();
    private readonly Dictionary<Guid, Dictionary<Guid, long>> toldAt = [];
    private readonly FrameBudget budget = new(NodePerSecondMax, clock);

    internal sealed record Standing(bool IsSmall, Guid[] UnheardBy);

    /// <summary>
    /// Somebody types on: others are told, unless they were a moment ago. Who is no member is told so.
    /// </summary>
    internal async Task<Error?> Begin(Guid roomId, Guid userId, string username, CancellationToken ct)
    {
        if (!Take(roomId, userId, clock.Milliseconds()))
            return null;
        var standing = await Look(roomId, userId, ct);
        if (standing is { IsSmall: true })
        {
            await feeds.Publish(
                News.Passing(roomId, userId, Frames.Typing(roomId, userId, username, ShownFor)) with
                {
                    UnseenBy = standing.UnheardBy,
                }
            );
            return null;
        }

        Drop(roomId, userId);
        return standing is null ? ChatErrors.NotAMember : null;
    }

    /// <summary>They stopped, left the room or are gone: told if others still believe that they type.</summary>
    internal async Task End(Guid roomId, Guid userId, string username, CancellationToken ct)
    {
        if (!Drop(roomId, userId))
            return;
        if (await Look(roomId, userId, ct) is { } standing)
            await feeds.Publish(
                News.Passing(roomId, userId, Frames.Typing(roomId, userId, username, null)) with
                {
                    UnseenBy = standing.UnheardBy,
                }
            );
    }

    /// <summary>Their message says that they have typed.</summary>
    internal void Spoke(Guid roomId, Guid userId) => Drop(roomId, userId);

    private bool Take(Guid roomId, Guid userId, long now)
    {
        lock (gate)
        {
            if (!toldAt.TryGetValue(roomId, out var typers))
                toldAt[roomId] = typers = [];
            foreach (var (person, at) in typers)
                if (now - at >= ShownFor.TotalMilliseconds)
                    typers.Remove(person);
            var isKnown = typers.TryGetValue(userId, out var last);
            var mayTell = isKnown ? now - last >= TellEvery.TotalMilliseconds : typers.Count < PerRoomMax;
            mayTell = mayTell && budget.Take();
            if (mayTell)
                typers[userId] = now;
            if (typers.Count == 0)
                toldAt.Remove(roomId);
            return mayTell;
        }
    }

    /// <summary>True when it is still shown.</summary>
    private bool Drop(Guid roomId, Guid userId)
    {
        lock (gate)
        {
            if (!toldAt.TryGetValue(roomId, out var typers) || !typers.Remove(userId, out var at))
                return false;
            if (typers.Count == 0)
                toldAt.Remove(roomId);
            return clock.Milliseconds() - at < ShownFor.TotalMilliseconds;
        }
    }

    /// <summary>Null for who is no member. Asked anew each time, so that a block counts at once.</summary>
    private async Task<Standing?> Look(Guid roomId, Guid userId, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await db.QuerySingleOrDefaultAsync<Standing>(
            """
            select r.member_count <= @AudienceMax as is_small,
                   array(select u.account_id from muted_pair u join room_member w on w.room_id = @roomId
                     and w.account_id = u.account_id where u.other_id = @userId) as unheard_by
              from room r join room_member m on m.room_id = r.id and m.account_id = @userId where r.id = @roomId
            """,
            new
            {
                roomId,
                userId,
                AudienceMax,
            }
        );
    }
}
