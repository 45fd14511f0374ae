using Dapper;
using Npgsql;
using Veza.Features.Notifications.Devices;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Postgres;
using ChatEvents = Veza.Features.Chat.ChatEvents;

namespace Veza.Features.Notifications.Pushes;

/// <summary>
/// Listener: tells of a message whoever wants to be told of it. People come in pages; each page is one statement with
/// all that follows from it, so that a worker that dies in the middle tells nobody twice. A person who has read it
/// already, or hears nothing of the author, is not told.
/// </summary>
internal sealed class NotifyOfMessage(PostgresSource postgres, NotificationsSettings settings) : IJob
{
    private const int PageMax = 200,
        CommandTimeoutS = 10;

    internal sealed record Said(Guid RoomId, Guid AuthorId, long Seq, DateTime CreatedAt, bool IsDirect);

    internal sealed record Page(Guid? LastId, long Taken, long Pushes);

    public async Task Run(JobRun run, CancellationToken ct)
    {
        var posted = ChatEvents.Posted.Read(run);
        await using var db = await postgres.OpenConnectionAsync(ct);
        var said = await db.QuerySingleOrDefaultAsync<Said>(
            """
            select m.room_id, m.author_id, m.seq, m.created_at, r.visibility = 'direct' as is_direct from message m
              join room r on r.id = m.room_id where m.id = @MessageId and m.deleted_at is null
            """,
            new { posted.MessageId }
        );
        if (said is null)
            return;
        // Who is named first: they are told that it is for them, and then not again.
        if (said.IsDirect || posted.CallsAll)
            await Tell(db, posted, said, (after, about) => Everybody(db, after, about), ct);
        else if (posted.Mentions.Length > 0)
            await Tell(db, posted, said, (after, about) => Named(db, after, about), ct);
        if (!said.IsDirect)
            await Tell(db, posted, said, (after, about) => Ears(db, after, about), ct);
    }

    /// <summary>Those who were not told yet see it in the room.</summary>
    public Task GiveUp(JobRun run, NpgsqlConnection db, NpgsqlTransaction transaction) => Task.CompletedTask;

    internal sealed record About(
        Guid MessageId,
        Guid RoomId,
        Guid AuthorId,
        long Seq,
        DateTime CreatedAt,
        bool IsDirect,
        bool CallsAll,
        Guid[] Mentions,
        TimeSpan Grace
    );

    private async Task Tell(
        NpgsqlConnection db,
        ChatEvents.MessagePosted posted,
        Said said,
        Func<Guid, About, Task<Page>> tell,
        CancellationToken ct
    )
    {
        var about = new About(
            posted.MessageId,
            said.RoomId,
            said.AuthorId,
            said.Seq,
            said.CreatedAt,
            said.IsDirect,
            posted.CallsAll,
            posted.Mentions,
            TimeSpan.FromSeconds(settings.GraceS)
        );
        var page = await tell(Guid.Empty, about);
        while (page.Taken == PageMax)
        {
            ct.ThrowIfCancellationRequested();
            page = await tell(page.LastId!.Value, about);
        }
    }

    private static Task<Page> Everybody(NpgsqlConnection db, Guid after, About about) =>
        db.QuerySingleAsync<Page>(
            $"""
            with candidate as (
              select w.account_id, @CallsAll or w.account_id = any(@mentions) as is_named from room_member w
               where w.room_id = @RoomId and w.account_id > @after order by w.account_id limit @PageMax
            ), {Telling}
            """,
            new
            {
                after,
                PageMax,
                about.MessageId,
                about.RoomId,
                about.AuthorId,
                about.Seq,
                about.CreatedAt,
                about.IsDirect,
                about.CallsAll,
                about.Grace,
                mentions = new PgValue<Guid[]>(about.Mentions),
            },
            commandTimeout: CommandTimeoutS
        );

    private static Task<Page> Named(NpgsqlConnection db, Guid after, About about) =>
        db.QuerySingleAsync<Page>(
            $"""
            with candidate as (
              select w.account_id, true as is_named from room_member w
               where w.room_id = @RoomId and w.account_id = any(@mentions) and w.account_id > @after
                 order by w.account_id
                 limit @PageMax
            ), {Telling}
            """,
            new
            {
                after,
                PageMax,
                about.MessageId,
                about.RoomId,
                about.AuthorId,
                about.Seq,
                about.CreatedAt,
                about.IsDirect,
                about.Grace,
                mentions = new PgValue<Guid[]>(about.Mentions),
            },
            commandTimeout: CommandTimeoutS
        );

    private static Task<Page> Ears(NpgsqlConnection db, Guid after, About about) =>
        db.QuerySingleAsync<Page>(
            $"""
            with candidate as (
              select e.account_id, false as is_named from notification_subscription e where e.room_id = @RoomId
                and e.account_id > @after order by e.account_id limit @PageMax
            ), {Telling}
            """,
            new
            {
                after,
                PageMax,
                about.MessageId,
                about.RoomId,
                about.AuthorId,
                about.Seq,
                about.CreatedAt,
                about.IsDirect,
                about.Grace,
            },
            commandTimeout: CommandTimeoutS
        );

    /// <summary>
    /// From candidates to notifications, and a job for each of their devices: at once, or when the quiet hours end.
    /// </summary>
    private const string Telling = $"""
        wished as (
          select c.account_id, case when @IsDirect then 'direct' when c.is_named then 'mention'
            else 'message' end as kind,
                 quiet_end(s.quiet_from, s.quiet_until, s.time_zone, now()) as quiet_end
            from candidate c
            left join notification_setting s on s.account_id = c.account_id
            left join notification_room o on o.account_id = c.account_id and o.room_id = @RoomId
           where c.account_id <> @AuthorId and (o.muted_until is null or o.muted_until <= now())
             and case coalesce(o.level, case when @IsDirect then s.direct else s.rooms end, case when @IsDirect
               then '{NotificationSettings.Direct1st}' else '{NotificationSettings.Rooms1st}' end)
                 when 'all' then true when 'mentions' then c.is_named else false end
             and not hears_nothing_of(c.account_id, @AuthorId) and not has_read(c.account_id, @RoomId, @Seq)
             and exists (select 1 from message where id = @MessageId and deleted_at is null)
        ), told as (
          insert into notification (id, account_id, kind, room_id, message_id, author_id, seq, created_at)
          select uuid_now(), account_id, kind, @RoomId, @MessageId, @AuthorId, @Seq, @CreatedAt from wished
          on conflict (message_id, account_id) do nothing
          returning id, account_id
        ), pushes as (
          insert into push (notification_id, device_id, held_until)
          select t.id, d.id, w.quiet_end from told t join wished w on w.account_id = t.account_id
            join push_device d on d.account_id = t.account_id
           where (d.rests_until is null or d.rests_until <= now()) and {PushDevice.IsAlive}
          returning notification_id, device_id, held_until
        )
        select (select c.account_id from candidate c order by c.account_id desc limit 1) as last_id,
          (select count(*) from candidate) as taken,
               (select count(enqueue_job('{SendPush.Name}',
                 jsonb_build_object('notification_id', p.notification_id, 'device_id', p.device_id),
                                         coalesce(p.held_until, now() + @Grace), t.account_id))
                  from pushes p join told t on t.id = p.notification_id) as pushes
        """;
}
