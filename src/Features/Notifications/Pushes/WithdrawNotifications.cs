using Dapper;
using Npgsql;
using Veza.Infrastructure.Events;
using Veza.Infrastructure.Jobs;
using Veza.Infrastructure.Postgres;
using ChatEvents = Veza.Features.Chat.ChatEvents;
using UsersEvents = Veza.Features.Users.UsersEvents;

namespace Veza.Features.Notifications.Pushes;

/// <summary>
/// Listener: ends the notifications of a message that was deleted, of a room that somebody is no member of any more, or
/// of two people who parted; what devices may show of them is taken back by jobs of its own. Lists show none of it from
/// the cause on, and what was not sent yet is not sent, also before this ran.
/// </summary>
internal sealed class WithdrawNotifications(PostgresSource postgres) : IJob
{
    private const int PageMax = 500,
        CommandTimeoutS = 10;

    public async Task Run(JobRun run, CancellationToken ct)
    {
        var told = EventDelivery.Of(run);
        await using var db = await postgres.OpenConnectionAsync(ct);
        while ((await Page(db, told)).Taken == PageMax)
            ct.ThrowIfCancellationRequested();
    }

    public Task GiveUp(JobRun run, NpgsqlConnection db, NpgsqlTransaction transaction) => Task.CompletedTask;

    private static Task<WithdrawnNotifications> Page(NpgsqlConnection db, EventDelivery told) =>
        told.Kind == ChatEvents.Deleted.Name ? OfMessage(db, ChatEvents.Deleted.Read(told).MessageId)
        : told.Kind == ChatEvents.Left.Name ? OfMember(db, ChatEvents.Left.Read(told))
        : OfPeople(db, UsersEvents.Parted.Read(told));

    private static Task<WithdrawnNotifications> OfMessage(NpgsqlConnection db, Guid messageId) =>
        db.QuerySingleAsync<WithdrawnNotifications>(
            """
            with over as (
              update notification set withdrawn_at = now()
                where id in (select id from notification where message_id = @messageId and withdrawn_at is null
                  order by id
                limit @PageMax for update)
              returning id
            )
            select count(*) as taken, take_back(array_agg(id)) as pushes from over
            """,
            new { messageId, PageMax },
            commandTimeout: CommandTimeoutS
        );

    /// <summary>Who came back meanwhile may miss what they had been told of before.</summary>
    private static Task<WithdrawnNotifications> OfMember(NpgsqlConnection db, ChatEvents.MemberGone gone) =>
        db.QuerySingleAsync<WithdrawnNotifications>(
            """
            with over as (
              update notification set withdrawn_at = now()
               where id in (select id from notification where account_id = @AccountId and room_id = @RoomId
                 and withdrawn_at is null order by id limit @PageMax for update)
              returning id
            )
            select count(*) as taken, take_back(array_agg(id)) as pushes from over
            """,
            new
            {
                gone.AccountId,
                gone.RoomId,
                PageMax,
            },
            commandTimeout: CommandTimeoutS
        );

    private static Task<WithdrawnNotifications> OfPeople(NpgsqlConnection db, UsersEvents.PeopleParted people) =>
        db.QuerySingleAsync<WithdrawnNotifications>(
            """
            with over as (
              update notification set withdrawn_at = now()
               where id in (select id from notification
                             where (author_id, account_id) in ((@AccountId, @OtherId), (@OtherId, @AccountId))
                               and withdrawn_at is null order by id limit @PageMax for update)
              returning id
            )
            select count(*) as taken, take_back(array_agg(id)) as pushes from over
            """,
            new
            {
                people.AccountId,
                people.OtherId,
                PageMax,
            },
            commandTimeout: CommandTimeoutS
        );
}
