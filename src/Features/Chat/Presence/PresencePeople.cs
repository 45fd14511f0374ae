using Dapper;
using Veza.Infrastructure.Postgres;
using UsersReads = Veza.Features.Users.UsersReads;

namespace Veza.Features.Chat.Presence;

/// <summary>
/// What PostgreSQL knows for presence: who exists and what they say of themselves, who is in a small room, who sees
/// nothing of whom. Always for many at once.
/// </summary>
[HotRead]
internal sealed class PresencePeople(PostgresSource postgres)
{
    /// <summary>A block may be dated so long before it is committed.</summary>
    private static readonly TimeSpan Overlap = TimeSpan.FromSeconds(15);

    internal sealed record Saying(Guid Id, string? Text, DateTime? Until, double? LeftS);

    internal sealed record Member(Guid RoomId, Guid AccountId);

    internal sealed record Pair(Guid AccountId, Guid OtherId);

    /// <summary>Those of these people who exist, each with what they say of themselves now.</summary>
    internal async Task<Saying[]> Sayings(Guid[] ids, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<Saying>(
            """
            select a.id, s.text, s.until, extract(epoch from s.until - now())::float8 as left_s
              from account a left join custom_status s on s.account_id = a.id and (s.until is null or s.until > now())
                where a.id = any(@ids)
            """,
            new { ids = new PgValue<Guid[]>(ids) }
        );
        return [.. rows];
    }

    /// <summary>The same, without those whom the reader blocks or is blocked by.</summary>
    internal async Task<Saying[]> Sayings(Guid[] ids, Guid readerId, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<Saying>(
            $"""
            select a.id, s.text, s.until, extract(epoch from s.until - now())::float8 as left_s
              from account a left join custom_status s on s.account_id = a.id and (s.until is null or s.until > now())
             where a.id = any(@ids) and a.id not in ({UsersReads.BlockedBy} @readerId)
            """,
            new { ids = new PgValue<Guid[]>(ids), readerId }
        );
        return [.. rows];
    }

    /// <summary>Who is in those of these rooms that are small.</summary>
    internal async Task<Member[]> Members(Guid[] roomIds, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<Member>(
            """
            select m.room_id, m.account_id from room r join room_member m on m.room_id = r.id where r.id = any(@ids)
              and r.member_count <= @RoomMembersMax
            """,
            new { ids = new PgValue<Guid[]>(roomIds), PresenceLimits.RoomMembersMax }
        );
        return [.. rows];
    }

    /// <summary>Whom each of these people sees nothing of.</summary>
    internal async Task<Pair[]> Shy(Guid[] ids, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<Pair>(
            "select account_id, other_id from block_pair where account_id = any(@ids)",
            new { ids = new PgValue<Guid[]>(ids) }
        );
        return [.. rows];
    }

    /// <summary>Who blocked whom a moment ago; some of them again and again.</summary>
    internal async Task<Pair[]> NewBlocks(TimeSpan since, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<Pair>(
            """
            select blocker_id as account_id, blocked_id as other_id from account_block
              where created_at > now() - @back::interval
            """,
            new { back = since + Overlap }
        );
        return [.. rows];
    }
}
