using Npgsql;
using Veza.Features.Chat.Realtime;
using Veza.Infrastructure.Batching;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Postgres;
using Veza.Infrastructure.Security;

namespace Veza.Features.Chat.Messages;

/// <summary>
/// Posts messages: stores them, tells those who listen, then acknowledges. While one batch of a room is being committed
/// the next gathers, so a busy room costs a commit for each batch and a quiet one waits for nothing. What must go alone
/// waits for its turn here and not in PostgreSQL: a room holds two connections at most, however many speak in it.
/// </summary>
internal sealed partial class MessagePosts
{
    private const int BatchMessagesMax = 200,
        WaitingMax = 2000,
        PersonWaitingMax = 500,
        NodeWaitingMax = 100_000;

    /// <summary>Messages under way of one person, in all rooms: no room's queue is filled by one alone.</summary>
    private readonly FairSlots places = new(NodeWaitingMax, SlotShares.OfPersons(PersonWaitingMax));
    private readonly PostgresSource postgres;
    private readonly MessageWriter writer;
    private readonly MessageLog log;
    private readonly RoomFeeds feeds;
    private readonly ILogger<MessagePosts> logger;
    private readonly Gathering<Waiting> lines,
        turns;

    public MessagePosts(
        PostgresSource postgres,
        MessageWriter writer,
        MessageLog log,
        RoomFeeds feeds,
        ILogger<MessagePosts> logger
    )
    {
        (this.postgres, this.writer, this.log, this.feeds, this.logger) = (postgres, writer, log, feeds, logger);
        lines = new Gathering<Waiting>(BatchMessagesMax, WaitingMax, Store);
        turns = new Gathering<Waiting>(
            batchMax: 1,
            WaitingMax,
            async (roomId, alone) => await StoreAlone(roomId, alone[0])
        );
    }

    private sealed record Waiting(Saying Saying, Caller Caller)
    {
        /// <summary>The message as it is stored; null when it may not be.</summary>
        internal TaskCompletionSource<MessageRow?> Outcome { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Looked at here too: whoever waited may be gone.</summary>
        internal void Fail(Exception e)
        {
            Outcome.TrySetException(e);
            _ = Outcome.Task.Exception;
        }
    }

    /// <summary>
    /// The message as it is stored, now or when the same client_id was posted before; or why it is not. Whoever listens
    /// has been told.
    /// </summary>
    internal async Task<(MessageRow? Row, bool Added, Error? Error)> Post(
        Guid roomId,
        Draft draft,
        Caller caller,
        CancellationToken ct
    )
    {
        if (MessageRules.Refuse(draft) is { } refused)
            return (null, false, refused);
        using var place = places.Take(new SlotHolder(caller.UserId, null));
        if (place is null)
            return (null, false, ChatErrors.RoomBusy);
        var saying = new Saying(
            Guid.CreateVersion7(),
            caller.UserId,
            draft,
            await MentionedPeople.Of(postgres, roomId, draft.Content, caller, ct)
        );
        if (draft.Attachments is not { Length: > 0 })
        {
            var waiting = new Waiting(saying, caller);
            if (!lines.Add(roomId, waiting))
                return (null, false, ChatErrors.RoomBusy);
            if (await waiting.Outcome.Task.WaitAsync(ct) is { } row)
                return (row, true, null);
        }

        // What has files, and who is slowed, goes alone; and who is refused is so once more, before it is said why.
        var alone = new Waiting(saying, caller);
        if (!turns.Add(roomId, alone))
            return (null, false, ChatErrors.RoomBusy);
        if (await alone.Outcome.Task.WaitAsync(ct) is { } taken)
            return (taken, true, null);
        var (there, why) = await log.WhyNotPosted(roomId, draft, caller, ct);
        return (there, false, why);
    }

    private async Task Store(Guid roomId, Waiting[] batch)
    {
        try
        {
            // The same thing twice in one batch: the second finds the first when that is committed.
            for (var rest = batch; rest.Length > 0; )
            {
                Waiting[] round = [.. rest.DistinctBy(w => (w.Saying.AuthorId, w.Saying.Draft.ClientId))];
                rest = [.. rest.Except(round)];
                await StoreEach(roomId, round);
            }
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            // PostgreSQL is away: who waits behind would wait for it as long again, and hears now that nothing is
            // stored.
            LogUnstored(roomId, e.Message);
            foreach (var waiting in batch.Concat(lines.TakeWaiting(roomId)))
                waiting.Fail(e);
        }
        catch (Exception e)
        {
            foreach (var waiting in batch)
                waiting.Fail(e);
        }
    }

    private async Task StoreAlone(Guid roomId, Waiting alone)
    {
        try
        {
            var row = await writer.AppendOne(roomId, alone.Saying, alone.Caller);
            try
            {
                if (row is not null)
                    await feeds.Publish(roomId, [News.Posted(row)], row.RoomChange);
            }
            finally
            {
                alone.Outcome.TrySetResult(row);
            }
        }
        catch (Exception e)
            when (e is TimeoutException || (e is NpgsqlException && !(e is PostgresException own && IsOfOneAlone(own))))
        {
            LogUnstored(roomId, e.Message);
            foreach (var waiting in turns.TakeWaiting(roomId).Prepend(alone))
                waiting.Fail(e);
        }
        catch (Exception e)
        {
            alone.Fail(e);
        }
    }

    private async Task StoreEach(Guid roomId, Waiting[] round)
    {
        try
        {
            await StoreTogether(roomId, round);
        }
        catch (PostgresException e) when (round.Length > 1 && IsOfOneAlone(e))
        {
            // What PostgreSQL takes amiss in one of them is no matter of the others.
            foreach (var one in round)
            {
                try
                {
                    await StoreTogether(roomId, [one]);
                }
                catch (PostgresException own) when (IsOfOneAlone(own))
                {
                    one.Fail(own);
                }
            }
        }
    }

    private async Task StoreTogether(Guid roomId, Waiting[] round)
    {
        var rows = await writer.Append(roomId, [.. round.Select(w => w.Saying)]);
        try
        {
            if (rows.Length > 0)
                await feeds.Publish(roomId, [.. rows.Select(News.Posted)], rows[0].RoomChange);
        }
        finally
        {
            // Stored is stored, whoever could be told.
            var stored = rows.ToDictionary(row => row.Id);
            foreach (var waiting in round)
                waiting.Outcome.TrySetResult(stored.GetValueOrDefault(waiting.Saying.Id));
        }
    }

    /// <summary>Class 22 is data that cannot be, class 23 a constraint.</summary>
    private static bool IsOfOneAlone(PostgresException e) =>
        e.SqlState.StartsWith("22", StringComparison.Ordinal) || e.SqlState.StartsWith("23", StringComparison.Ordinal);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Messages of room {RoomId} could not be stored, and were not acknowledged: {Reason}"
    )]
    private partial void LogUnstored(Guid roomId, string reason);
}
