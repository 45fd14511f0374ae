using Dapper;
using Veza.Features.Chat.Rooms;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Messages;

/// <summary>What a member wants to say, under the id that it will have, and whom it calls.</summary>
internal sealed record Saying(Guid Id, Guid AuthorId, Draft Draft, MentionedPeople Mentions);

/// <summary>Writes messages into the log of a room, many at once. What it has returned is committed.</summary>
internal sealed class MessageWriter(PostgresSource postgres)
{
    /// <summary>
    /// How long whoever speaks waits for PostgreSQL, and for those who hold the room, before they are told that nothing
    /// is stored.
    /// </summary>
    private const int SecondsMax = 10;

    /// <summary>
    /// Which of the batch (d) may be posted. Each condition looks one row up by its key: as a scalar subquery it is
    /// never turned into a join that reads the whole room. Whoever is slowed is left to <see cref="AppendOne"/>;
    /// whoever is refused is told why one by one, in <see cref="MessageLog.WhyNotPosted"/>.
    /// </summary>
    private const string MayBePosted = """
        (select w.role from room_member w where w.room_id = @roomId and w.account_id = d.author_id
            and (w.role <> 'member' or (select slow_mode_s from room where id = @roomId) = 0)) is not null
        and (d.reply_to is null or (select r.room_id from message r where r.id = d.reply_to) = @roomId)
        and (select k.id from message k where k.room_id = @roomId and k.author_id = d.author_id
          and k.client_id = d.client_id
              and k.id >= uuid_at(now() - @kept::interval) limit 1) is null
        and coalesce((select u.until from room_mute u where u.room_id = @roomId and u.account_id = d.author_id),
          '-infinity') <= now()
        and ((select visibility from room where id = @roomId) <> 'direct' or not exists
              (select 1 from block_pair s where s.account_id = d.author_id
                  and (select o.role from room_member o where o.room_id = @roomId
                    and o.account_id = s.other_id) is not null))
        """;

    /// <summary>Who speaks has read up to there.</summary>
    private const string AuthorsHaveRead = """
        update room_member w set last_read_seq = own.seq, read_at = now()
          from (select author_id, max(seq) as seq from m group by author_id) own
         where w.room_id = @roomId and w.account_id = own.author_id and w.last_read_seq < own.seq
        """;

    private const string Columns =
            "id, room_id, seq, client_id, author_id, content, reply_to, track_id, track_position_ms, mentions, calls",
        Batch =
            "@ids::uuid[], @authorIds::uuid[], @clientIds::text[], @contents::text[], @repliesTo::uuid[], "
            + "@trackIds::uuid[], @positionsMs::bigint[], @mentions::text[], @calls::text[]",
        None = "'00000000-0000-0000-0000-000000000000'";

    /// <summary>
    /// One round trip and one transaction: the room's row first, then, with a snapshot of its own, everything else. So
    /// seqs follow each other in the order of commits, a client_id posts once across all months, and nothing is
    /// violated in the ordinary course. It locks one room, so no two of it wait for each other.
    /// </summary>
    internal const string Sql = $"""
        with d as (
          select id, author_id, client_id, content, nullif(reply_to, {None}) as reply_to,
            nullif(track_id, {None}) as track_id, nullif(position_ms, -1) as position_ms,
                 mentions::jsonb as mentions, nullif(calls, '') as calls, n
            from unnest({Batch}) with ordinality as u (id, author_id, client_id, content, reply_to, track_id,
              position_ms, mentions, calls, n)
        ), fit as materialized (
          select d.*, row_number() over (order by n) as place from d
           where {MayBePosted}
        ), bumped as (
          update room set last_seq = last_seq + (select count(*) from fit) where id = @roomId and
            exists (select 1 from fit)
          returning last_seq - (select count(*) from fit) as before, last_change
        ), m as (
          insert into message ({Columns})
          select fit.id, @roomId, bumped.before + fit.place, fit.client_id, fit.author_id, fit.content, fit.reply_to,
                 fit.track_id, fit.position_ms, fit.mentions,
                 case when fit.calls is not null and {MentionedPeople.MayCall} = fit.author_id) then fit.calls end
            from fit cross join bumped
          returning {MessageRow.Stored}
        ), mentioned as (
          {MentionedPeople.Kept}
        ), followed as (
          {AuthorsHaveRead}
        )
        select {MessageRow.ColumnsForAll}, (select last_change from bumped) as room_change
          from m left join account a on a.id = m.author_id order by m.seq
        """;

    /// <summary>What it answers and its files are there, and it was not posted before.</summary>
    private const string IsNew = """
        (@ReplyTo::uuid is null or exists (select 1 from message where id = @ReplyTo and room_id = @roomId))
        and not exists (select 1 from message where room_id = @roomId and author_id = @UserId and client_id = @ClientId
          and id >= uuid_at(now() - @kept::interval))
        and (select count(*) from held_files) = cardinality(@attachments::uuid[])
        """;

    private const string OneSql = $"""
        with {Attachments.Held}, paced as (
          {Speaking.PacedBegin} and {IsNew}
          {Speaking.PacedEnd}
        ), bumped as (
          update room set last_seq = last_seq + 1
           where id = @roomId
             and exists (select 1 from room_member where room_id = @roomId and account_id = @UserId)
             and {IsNew} and {Speaking.Allowed}
          returning last_seq, last_change
        ), m as (
          insert into message ({Columns}, attachments)
          select @Id, @roomId, last_seq, @ClientId, @UserId, @content, @ReplyTo, @trackId, @positionMs,
            @mentions::jsonb,
                 case when @calls::text is not null and {MentionedPeople.MayCall} = @UserId)
                   then @calls::text end, {Attachments.OnMessage}
            from bumped
          returning {MessageRow.Stored}
        ), mentioned as (
          {MentionedPeople.Kept}
        ), taken as (
          {Attachments.Take}
        ), followed as (
          {AuthorsHaveRead}
        )
        select {MessageRow.ColumnsForAll}, (select last_change from bumped) as room_change from m
          join account a on a.id = m.author_id
        """;

    /// <summary>
    /// Appends those that may be posted, in this order, and gives them as they are stored. No two of them have the same
    /// author and client_id, and none has files.
    /// </summary>
    internal async Task<MessageRow[]> Append(Guid roomId, Saying[] batch)
    {
        await using var db = await postgres.OpenConnectionAsync();
        var rows = await db.QueryAsync<MessageRow>(
            "call hold_room(@roomId);" + Sql,
            new
            {
                roomId,
                ids = new PgValue<Guid[]>([.. batch.Select(s => s.Id)]),
                authorIds = new PgValue<Guid[]>([.. batch.Select(s => s.AuthorId)]),
                clientIds = new PgValue<string[]>([.. batch.Select(s => s.Draft.ClientId!)]),
                contents = new PgValue<string[]>([.. batch.Select(s => s.Draft.Content!)]),
                repliesTo = new PgValue<Guid[]>([.. batch.Select(s => s.Draft.ReplyTo ?? Guid.Empty)]),
                trackIds = new PgValue<Guid[]>([.. batch.Select(s => s.Draft.TrackPosition?.TrackId ?? Guid.Empty)]),
                positionsMs = new PgValue<long[]>([.. batch.Select(s => s.Draft.TrackPosition?.PositionMs ?? -1)]),
                mentions = new PgValue<string[]>([.. batch.Select(s => s.Mentions.Json)]),
                calls = new PgValue<string[]>([.. batch.Select(s => s.Mentions.Calls ?? "")]),
                kept = MessageLog.ClientIdsKept,
            },
            commandTimeout: SecondsMax
        );
        return [.. rows];
    }

    /// <summary>
    /// Appends one that has files, or whose author is slowed; null when it may not be posted, or not now. The turn of
    /// slow mode and the files are taken with it.
    /// </summary>
    internal async Task<MessageRow?> AppendOne(Guid roomId, Saying saying, Caller caller)
    {
        var draft = saying.Draft;
        await using var db = await postgres.OpenConnectionAsync();
        return await db.QuerySingleOrDefaultAsync<MessageRow>(
            "call hold_room(@roomId);" + OneSql,
            new
            {
                saying.Id,
                roomId,
                caller.UserId,
                draft.ClientId,
                content = draft.Content ?? "",
                draft.ReplyTo,
                trackId = draft.TrackPosition?.TrackId,
                positionMs = draft.TrackPosition?.PositionMs,
                mentions = saying.Mentions.Json,
                calls = saying.Mentions.Calls,
                attachments = new PgValue<Guid[]>(draft.Attachments ?? []),
                kept = MessageLog.ClientIdsKept,
            },
            commandTimeout: SecondsMax
        );
    }
}
