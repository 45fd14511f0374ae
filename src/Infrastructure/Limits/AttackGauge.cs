using Veza.Infrastructure.Configuration;
using Veza.Infrastructure.Security;

namespace Veza.Infrastructure.Limits;

/// <summary>
/// Failed sign-ins per minute over all accounts and all nodes. Guessing spread over many accounts and addresses stays
/// under every limit of one of them; it shows here, and from the threshold on strangers may try less.
/// </summary>
internal sealed partial class AttackGauge(
    SharedTries shared,
    MasterKey master,
    Settings settings,
    TimeProvider clock,
    ILogger<AttackGauge> log
)
{
    private const int CounterBytes = 16;
    private readonly string counter =
        "failures:" + Convert.ToHexStringLower(master.Derive("failures").AsSpan(0, CounterBytes));
    private readonly Lock gate = new();
    private long minute,
        count,
        lastMinute,
        lastCount;

    /// <summary>For the minute in which the threshold was reached and the next one.</summary>
    internal bool IsOn
    {
        get
        {
            lock (gate)
            {
                var now = Minute();
                var highest =
                    now == minute ? Math.Max(count, lastMinute == now - 1 ? lastCount : 0)
                    : minute == now - 1 ? count
                    : 0;
                return highest >= settings.Limits.AttackFailuresPerMinute;
            }
        }
    }

    internal async Task Failed()
    {
        var now = Minute();
        var before = IsOn;
        Reached(now, null);
        Reached(now, await shared.Count(counter, now));
        if (!before && IsOn)
            LogOn(settings.Limits.AttackFailuresPerMinute);
    }

    /// <summary>One more here, or the count of all nodes.</summary>
    private void Reached(long now, long? everywhere)
    {
        lock (gate)
        {
            if (now > minute)
                (lastMinute, lastCount, minute, count) = (minute, count, now, 0);
            if (now == minute)
                count = everywhere is { } all ? Math.Max(count, all) : count + 1;
        }
    }

    private long Minute() => clock.GetUtcNow().ToUnixTimeSeconds() / 60;

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "More than {PerMinute} sign-ins failed within a minute: strangers may try less until it calms down"
    )]
    private partial void LogOn(int perMinute);
}
