using System.Collections.Concurrent;
using System.Threading.Channels;
using Dapper;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Loops;
using Veza.Infrastructure.Postgres;

namespace Veza.Features.Tracks.Processing;

/// <summary>A track's way through processing, as one moment shows it.</summary>
internal sealed record TrackState(
    Guid Id,
    Guid AccountId,
    bool IsOpen,
    long Revision,
    string Status,
    short Progress,
    string? FailureCode,
    string? FailureMessage
)
{
    internal const string Columns =
        "id, account_id, is_open, revision, status, progress, failure_code, failure_message";

    internal bool IsFinal => Status is "ready" or "failed";

    /// <summary>The same for the same state on every node: whoever names it has seen this.</summary>
    internal string EventId => $"{Revision}.{Status}.{Progress}";
}

/// <summary>
/// One open stream. It keeps the newest state only: what a slow reader missed in between is of no use.
/// </summary>
internal sealed class TrackWatch(TrackWatches owner, FairSlots.Slot place, TrackState seen, Guid? callerId)
    : IDisposable
{
    private readonly Channel<TrackState?> news = Channel.CreateBounded<TrackState?>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest }
    );
    private TrackState told = seen;
    private bool isGone;

    internal Guid TrackId { get; } = seen.Id;

    /// <summary>Null when the track is gone, or is not for this caller any more.</summary>
    internal ValueTask<TrackState?> Next(CancellationToken ct) => news.Reader.ReadAsync(ct);

    internal void Tell(TrackState? state)
    {
        if (state is not null && state.AccountId != callerId && !state.IsOpen)
            state = null;
        if (isGone || state == told)
            return;
        isGone = state is null;
        told = state ?? told;
        news.Writer.TryWrite(state);
    }

    public void Dispose()
    {
        owner.Close(this);
        place.Dispose();
    }
}

/// <summary>
/// The tracks that somebody on this node watches, looked up together once a second. So it makes no difference which
/// node the worker is on, and a thousand watchers are one query.
/// </summary>
[HotRead]
internal sealed class TrackWatches(PostgresSource postgres, TimeProvider clock, ILogger<TrackWatches> log)
    : BackgroundService
{
    internal const int CallerMax = 20,
        AddressMax = 200,
        NetworkMax = 1000,
        NodeMax = 5000;
    private const int BatchMax = 1000;
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<TrackWatch, bool> open = new();
    private readonly FairSlots places = new(NodeMax, new SlotShares(CallerMax, AddressMax, NetworkMax));

    /// <summary>
    /// To be told what comes after this state; null when this caller, their address or network, or this node, has as
    /// many open as may be.
    /// </summary>
    internal TrackWatch? Open(TrackState seen, SlotHolder holder)
    {
        if (places.Take(holder) is not { } place)
            return null;
        var watch = new TrackWatch(this, place, seen, holder.Person);
        open[watch] = true;
        return watch;
    }

    internal void Close(TrackWatch watch) => open.TryRemove(watch, out _);

    /// <summary>What the caller may see of it now.</summary>
    internal async Task<TrackState?> Look(Guid id, Guid? callerId, CancellationToken ct)
    {
        await using var db = await postgres.OpenConnectionAsync(ct);
        return await db.QuerySingleOrDefaultAsync<TrackState>(
            $"""
            select {TrackState.Columns} from track where id = @id and (account_id = @callerId or is_open)
            """,
            new { id, callerId }
        );
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Loop.Every(
            LookEvery,
            "Telling those who watch tracks",
            log,
            async ct =>
            {
                foreach (var batch in open.Keys.GroupBy(watch => watch.TrackId).Chunk(BatchMax))
                    await Loop.Attempt("Telling some who watch tracks", log, _ => Tell(batch, ct), ct);
            },
            clock,
            stoppingToken
        );

    private async Task Tell(IGrouping<Guid, TrackWatch>[] batch, CancellationToken ct)
    {
        var ids = new PgValue<Guid[]>([.. batch.Select(watches => watches.Key)]);
        await using var db = await postgres.OpenConnectionAsync(ct);
        var rows = await db.QueryAsync<TrackState>(
            $"""
            select {TrackState.Columns} from track where id = any(@ids)
            """,
            new { ids }
        );
        var states = rows.ToDictionary(state => state.Id);
        foreach (var watches in batch)
        foreach (var watch in watches)
            watch.Tell(states.GetValueOrDefault(watches.Key));
    }
}
