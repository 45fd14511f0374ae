using System.Collections.Concurrent;
using Veza.Infrastructure.Health;
using Veza.Infrastructure.Loops;
using Veza.Infrastructure.Realtime;

namespace Veza.Features.Chat.Presence;

/// <summary>
/// Presence on this node, once a second: Redis is told how the people here are, nodes are told whose state has changed
/// for others, all who are seen from here and may have changed are read in one go, and each connection that sees one of
/// them gets one frame. While Redis does not answer nobody is known. The cost is reckoned in
/// docs/decisions/0013-presence-at-bounded-cost.md.
/// </summary>
internal sealed class PresenceLoop(
    LocalPresence here,
    PresenceStore book,
    PresencePeople people,
    PresenceNews news,
    Readiness readiness,
    TimeProvider clock,
    ILogger<PresenceLoop> log
) : BackgroundService
{
    private readonly string node = Guid.CreateVersion7().ToString("N");
    private readonly ConcurrentQueue<Guid> saying = new();
    private long answeredAt,
        settledAt,
        blocksReadAt = -1,
        shyReadAt;
    private string? era;
    private volatile bool isKnown;

    internal PresenceViews Views { get; } = new();

    /// <summary>Whether what Redis says can be believed now.</summary>
    internal bool IsKnown => isKnown;

    internal PresenceSeat Enter(SocketConnection connection, Guid userId)
    {
        var seat = new PresenceSeat(this, connection, userId, clock);
        here.Enter(seat, Now);
        return seat;
    }

    internal void Set(PresenceSeat seat, PresenceStatus presence) => here.Set(seat, presence);

    /// <summary>Their custom status has changed in PostgreSQL.</summary>
    internal void SaysSomethingElse(Guid userId) => saying.Enqueue(userId);

    internal void Leave(PresenceSeat seat)
    {
        here.Leave(seat, Now);
        Views.Leave(seat);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await readiness.WhenReady(stoppingToken);
        await Loop.Every(PresenceLimits.Beat, "Presence", log, Round, clock, stoppingToken);
    }

    /// <summary>The people of a node that stops are given the time to come back elsewhere, and no more.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await Loop.Attempt(
            "Telling who was here",
            log,
            async _ => await book.Tell(node, here.All(), PresenceLimits.Grace),
            cancellationToken
        );
    }

    private long Now => clock.Milliseconds();

    /// <summary>What cannot be done now is done at the next beat.</summary>
    private async Task Round(CancellationToken ct)
    {
        var answers = await Loop.Attempt("Telling who is here", log, Announce, ct);
        await Loop.Attempt("Reading what presence knows", log, Learn, ct);
        if (answers)
            await Loop.Attempt("Reading who is there", log, Look, ct);
        if (isKnown && Now - answeredAt > PresenceLimits.SilenceMax.TotalMilliseconds)
            LoseSight();
        foreach (var (seat, frame) in Views.Frames())
            seat.Send(frame);
    }

    private async Task Announce(CancellationToken ct)
    {
        var proposal = Guid.CreateVersion7().ToString("N");
        var found = await book.Era(proposal);
        if (found != era && (era is not null || found == proposal))
        {
            // What Redis says is less than there is, until every node has told it again.
            here.Forgotten();
            settledAt = Now + (long)PresenceLimits.Settling.TotalMilliseconds;
            LoseSight();
        }

        era = found;
        var words = here.Due(Now);
        var outcomes = await book.Tell(node, words, PresenceLimits.TimeToLive);
        here.Told(words, Now);
        answeredAt = Now;
        var changed = new Dictionary<Guid, bool>();
        foreach (var (word, outcome) in words.Zip(outcomes))
            if (outcome.IsNews)
                changed[word.UserId] = false;
        for (var n = saying.Count; n > 0 && saying.TryDequeue(out var id); n--)
            changed[id] = true;
        foreach (var (id, saysSomethingElse) in changed)
            Views.Hint(id, saysSomethingElse);
        await news.Tell(changed);
    }

    /// <summary>What PostgreSQL knows: the members of rooms, what people say, who sees nothing of whom.</summary>
    private async Task Learn(CancellationToken ct)
    {
        foreach (var rooms in Views.DueRooms(Now, PresenceLimits.ReadsPerBeatMax).Chunk(PresenceLimits.QueryBatchMax))
            Views.Members(rooms, await people.Members(rooms, ct), Now);
        foreach (var ids in Views.DueTexts(Now, PresenceLimits.ReadsPerBeatMax).Chunk(PresenceLimits.QueryBatchMax))
            Views.Said(ids, await people.Sayings(ids, ct), Now);

        var again = Now - shyReadAt > PresenceLimits.BlocksEvery.TotalMilliseconds;
        if (again)
            shyReadAt = Now;
        foreach (var ids in Views.DueShy(again, PresenceLimits.ReadsPerBeatMax).Chunk(PresenceLimits.QueryBatchMax))
            Views.Shy(ids, await people.Shy(ids, ct));

        if (here.Count == 0)
            return;
        var begun = Now;
        foreach (
            var block in await people.NewBlocks(
                TimeSpan.FromMilliseconds(blocksReadAt < 0 ? 0 : begun - blocksReadAt),
                ct
            )
        )
        {
            foreach (var seat in here.SeatsOf(block.AccountId))
                Views.Estrange(seat, block.OtherId);
            foreach (var seat in here.SeatsOf(block.OtherId))
                Views.Estrange(seat, block.AccountId);
        }

        blocksReadAt = begun;
    }

    private async Task Look(CancellationToken ct)
    {
        foreach (var (id, saysSomethingElse) in news.Take())
            Views.Hint(id, saysSomethingElse);
        if (Now < settledAt)
            return;
        var ids = Views.DuePeople(Now, PresenceLimits.ReadsPerBeatMax);
        Views.Found(ids, await book.Read(ids), Now);
        isKnown = true;
    }

    private void LoseSight()
    {
        isKnown = false;
        Views.NobodyKnown();
    }
}
