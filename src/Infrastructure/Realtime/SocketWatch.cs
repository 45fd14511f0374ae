using System.Collections.Concurrent;
using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Health;
using Veza.Infrastructure.Http;
using Veza.Infrastructure.Limits;
using Veza.Infrastructure.Loops;

namespace Veza.Infrastructure.Realtime;

/// <summary>
/// All sockets of this process: how many there are and whose, and one clock that looks at each twice a second. So a
/// socket has no timer of its own, whether for pings, slow writes, half messages, the end of its token or a restart.
/// </summary>
internal sealed partial class SocketWatch : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);
    private readonly ConcurrentDictionary<SocketConnection, bool> open = new();
    private readonly FairSlots places;
    private readonly SendTurns[] turns;
    private readonly TimeProvider clock;
    private readonly SocketSettings settings;
    private readonly Readiness readiness;
    private readonly ILogger<SocketWatch> log;
    private readonly Func<byte[]> farewell;
    private readonly CancellationTokenRegistration leaving;
    private int next;
    private volatile bool isLeaving;

    /// <summary>
    /// What the sockets are told when the process leaves is the module's to say: each is told for itself.
    /// </summary>
    internal SocketWatch(
        Settings settings,
        Readiness readiness,
        IHostApplicationLifetime lifetime,
        TimeProvider clock,
        ILogger<SocketWatch> log,
        Func<byte[]> farewell
    )
    {
        (this.settings, this.readiness, this.log, this.farewell) = (settings.Sockets, readiness, log, farewell);
        this.clock = clock;
        turns = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new SendTurns(clock))];
        places = new FairSlots(this.settings.NodeMax, SlotShares.OfPersons(this.settings.PersonMax));
        leaving = lifetime.ApplicationStopping.Register(LeaveAll);
    }

    /// <summary>
    /// Takes one of the places, or says why there is none. It is given back by who took it, when the socket has ended
    /// or did not come to be.
    /// </summary>
    internal Error? Enter(Guid ownerId, out FairSlots.Slot? place)
    {
        place = null;
        if (isLeaving)
            return Errors.SocketsFull.Saying("This process is about to stop; connect again and another one answers");
        place = places.Take(new SlotHolder(ownerId, null), out var hasShare);
        return place is not null ? null
            : hasShare ? Errors.TooManySockets
            : Errors.SocketsFull;
    }

    /// <summary>Looks after a socket from now on. It has a place already.</summary>
    internal SocketConnection Open(HttpContext http, Guid ownerId, TimeSpan life)
    {
        var connection = new SocketConnection(
            http,
            this,
            turns[(uint)Interlocked.Increment(ref next) % (uint)turns.Length],
            ownerId,
            life,
            clock
        );
        open[connection] = true;
        // Whoever came in while all others were told to leave.
        if (isLeaving)
            connection.Leave(farewell());
        return connection;
    }

    internal void Leave(SocketConnection connection) => open.TryRemove(connection, out _);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Loop.Every(
            LookEvery,
            "Looking after sockets",
            log,
            _ =>
            {
                LookAtAll();
                return Task.CompletedTask;
            },
            clock,
            stoppingToken
        );

    private void LookAtAll()
    {
        var now = clock.Milliseconds();
        foreach (var (connection, _) in open)
        {
            try
            {
                connection.Look(now, settings);
            }
            catch (Exception e)
            {
                Loop.Failed("Looking after a socket", log, e);
            }
        }
    }

    public override void Dispose()
    {
        leaving.Dispose();
        base.Dispose();
    }

    /// <summary>
    /// Not ready first, so that nobody is sent here; then each socket hears when to come back, and closes once what is
    /// being answered is answered.
    /// </summary>
    private void LeaveAll()
    {
        readiness.Drain();
        isLeaving = true;
        LogLeaving(open.Count);
        foreach (var (connection, _) in open)
            connection.Leave(farewell());
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopping: closing {Sockets} sockets")]
    private partial void LogLeaving(int sockets);
}
