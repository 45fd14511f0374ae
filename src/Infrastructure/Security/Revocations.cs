using System.Collections.Concurrent;
using System.Globalization;
using Dapper;
using Veza.Infrastructure.Loops;
using Veza.Infrastructure.Postgres;

namespace Veza.Infrastructure.Security;

/// <summary>
/// What must no longer be believed although it has not expired: tokens, sockets and stream URLs of ended sessions, keys
/// and tracks. PostgreSQL tells every node at commit, so that a request costs a look into a table in memory and no
/// query.
/// </summary>
internal sealed class Revocations(TimeProvider clock)
{
    internal const string Channel = "veza_revocation";

    /// <summary>The epoch that no token reaches: the subject has ended.</summary>
    internal const int Ended = int.MaxValue;

    /// <summary>Longer than anything that a session can leave behind: a stream URL of the longest track.</summary>
    internal static readonly TimeSpan KeptFor = TimeSpan.FromHours(12);

    private readonly ConcurrentDictionary<Guid, Entry> entries = new();
    private readonly ConcurrentDictionary<Guid, WatchSet> watches = new();

    private readonly record struct Entry(int EpochMin, DateTime ForgetAt);

    internal int Count => entries.Count;

    internal bool Refuses(Guid subject, int epoch) =>
        entries.TryGetValue(subject, out var entry) && epoch < entry.EpochMin;

    internal bool HasEnded(Guid subject) => entries.TryGetValue(subject, out var entry) && entry.EpochMin == Ended;

    /// <summary>Takes note, from PostgreSQL's word. Said twice, it is the same; it never goes back.</summary>
    internal void Note(Guid subject, int epochMin)
    {
        var forgetAt = clock.GetUtcNow().UtcDateTime + KeptFor;
        entries.AddOrUpdate(
            subject,
            new Entry(epochMin, forgetAt),
            (_, before) => new Entry(Math.Max(before.EpochMin, epochMin), forgetAt)
        );
        if (!watches.TryGetValue(subject, out var watching))
            return;
        List<Exception> faults = [];
        foreach (var watch in watching.Now())
        {
            try
            {
                if (watch.Epoch < epochMin)
                    watch.Revoked();
            }
            catch (Exception e)
            {
                // The others are told all the same.
                faults.Add(e);
            }
        }

        if (faults.Count > 0)
            throw new AggregateException(faults);
    }

    /// <summary>
    /// Calls back once when the subject is revoked, also when it was so already. Dispose to stop watching.
    /// </summary>
    internal IDisposable OnRevoked(Guid subject, int epoch, Action revoked)
    {
        var watch = new Watch(this, subject, epoch, revoked);
        while (true)
        {
            var watching = watches.GetOrAdd(subject, static _ => new WatchSet());
            if (watching.Add(watch))
                break;
            watches.TryRemove(KeyValuePair.Create(subject, watching));
        }

        if (Refuses(subject, epoch))
            watch.Revoked();
        return watch;
    }

    internal void ForgetOld()
    {
        var now = clock.GetUtcNow().UtcDateTime;
        foreach (var (subject, entry) in entries)
            if (entry.ForgetAt < now)
                entries.TryRemove(KeyValuePair.Create(subject, entry));
    }

    private sealed class Watch(Revocations owner, Guid subject, int epoch, Action revoked) : IDisposable
    {
        private int told;

        internal int Epoch => epoch;

        internal void Revoked()
        {
            if (Interlocked.Exchange(ref told, 1) == 0)
                revoked();
        }

        public void Dispose()
        {
            if (owner.watches.TryGetValue(subject, out var watching) && watching.Remove(this))
                owner.watches.TryRemove(KeyValuePair.Create(subject, watching));
        }
    }

    /// <summary>
    /// Who watches a subject. When the last one goes the set is closed, so that nobody joins a set that is on its way
    /// out.
    /// </summary>
    private sealed class WatchSet
    {
        private readonly Lock gate = new();
        private readonly HashSet<Watch> watching = [];
        private bool isClosed;

        /// <summary>False when the set is closed: there will be another.</summary>
        internal bool Add(Watch watch)
        {
            lock (gate)
                return !isClosed && watching.Add(watch);
        }

        /// <summary>True when that closed the set.</summary>
        internal bool Remove(Watch watch)
        {
            lock (gate)
                return watching.Remove(watch) && watching.Count == 0 && (isClosed = true);
        }

        internal Watch[] Now()
        {
            lock (gate)
                return [.. watching];
        }
    }
}

/// <summary>
/// Listens for revocations on a connection of its own. It asks after the connection every second, and after each loss
/// reads all that is in force anew: a node is never behind for longer than the loss.
/// </summary>
internal sealed partial class RevocationFeed(
    PostgresSource postgres,
    Revocations revocations,
    TimeProvider clock,
    ILogger<RevocationFeed> log
) : BackgroundService
{
    private static readonly TimeSpan AskEvery = TimeSpan.FromSeconds(1),
        RetryAfter = TimeSpan.FromMilliseconds(250);
    private readonly TaskCompletionSource loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal sealed record Row(Guid Subject, int EpochMin);

    /// <summary>Before this no token may be believed.</summary>
    internal Task Loaded => loaded.Task;

    protected override Task ExecuteAsync(CancellationToken stopping) =>
        Loop.Run("The feed of revocations", log, Listen, RetryAfter, clock, stopping);

    private async Task Listen(CancellationToken stopping)
    {
        await using var db = await postgres.OpenListenerAsync(stopping);
        db.Notification += (_, told) => Hear(told.Payload);
        await db.ExecuteAsync($"listen {Revocations.Channel}");
        // After the listen, so that nothing falls between.
        var rows = await db.QueryAsync<Row>(
            """
            select subject, epoch_min from revocation where expires_at > now()
            union all select track_id, epoch_min from track_revocation where expires_at > now()
            """
        );
        foreach (var row in rows)
            revocations.Note(row.Subject, row.EpochMin);
        loaded.TrySetResult();
        while (true)
        {
            if (!await db.WaitAsync(AskEvery, stopping))
                await db.ExecuteAsync("select 1");
            revocations.ForgetOld();
        }
    }

    /// <summary>What is thrown here Npgsql swallows.</summary>
    private void Hear(string payload)
    {
        try
        {
            Note(payload);
        }
        catch (Exception e)
        {
            Loop.Failed("Noting a revocation", log, e);
        }
    }

    private void Note(string payload)
    {
        var space = payload.IndexOf(' ');
        if (
            space > 0
            && Guid.TryParse(payload.AsSpan(0, space), out var subject)
            && int.TryParse(
                payload.AsSpan(space + 1),
                NumberStyles.None,
                CultureInfo.InvariantCulture,
                out var epochMin
            )
        )
            revocations.Note(subject, epochMin);
        else
            LogStrange(payload.Length);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A revocation of {Length} characters cannot be read")]
    private partial void LogStrange(int length);
}
