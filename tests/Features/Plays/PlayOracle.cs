namespace Veza.Tests.Features.Plays;

/// <summary>One play as its rules say it must stand, worked out without the database.</summary>
internal sealed class PlayModel(
    Guid track,
    string listener,
    (string Address, string Network)? place,
    bool hasAccount,
    bool isOwn,
    bool isBot,
    long durationMs,
    long nowMs
)
{
    private readonly HashSet<long> heard = [];
    private readonly long begunMs = nowMs,
        countsAfterMs = Math.Min(30_000, durationMs / 2);
    private long spentUntilMs = nowMs,
        positionMs;
    private int beats;
    private bool isBot = isBot;

    internal Guid Track => track;

    internal string Listener => listener;

    /// <summary>Address and network, of the day on which it began; nothing for who has an account.</summary>
    internal (string Address, string Network)? Place => place;

    internal bool IsOwn => isOwn;

    internal bool IsBot => isBot;

    internal long ClosesMs { get; private set; } = nowMs + 2 * durationMs + 600_000;

    internal long HeardMs { get; private set; } = nowMs;

    internal long ListenedMs { get; private set; }

    internal string? Verdict { get; private set; }

    internal long LeftAt => Math.Min(99, positionMs * 100 / durationMs);

    internal long[] Heard => [.. heard];

    internal void Beat(PlayOracle oracle, long now, long claimedPositionMs, long claimedMs, bool ended)
    {
        var at = Math.Min(claimedPositionMs, durationMs);
        // At most a minute of silence can be made up for, and no second is spent twice.
        spentUntilMs = Math.Max(spentUntilMs, now - 60_000);
        var credit = Math.Clamp(claimedMs - ListenedMs, 0, now - spentUntilMs);
        if (beats >= 10 + (now - begunMs) / 1000.0 || claimedMs > now - begunMs + 60_000)
            isBot = true;
        var from = Math.Max(at - credit, positionMs <= at ? positionMs : 0);
        if (from < at)
            for (var i = Math.Min(99, from * 100 / durationMs); i <= Math.Min(99, (at - 1) * 100 / durationMs); i++)
                heard.Add(i);
        (spentUntilMs, ListenedMs, positionMs, HeardMs) = (spentUntilMs + credit, ListenedMs + credit, at, now);
        beats++;
        if (ended)
            ClosesMs = now;
        if (Verdict is null && ListenedMs >= countsAfterMs)
            Verdict = Judge(oracle, now);
    }

    internal void Close() =>
        Verdict ??=
            isOwn ? "own"
            : isBot ? "bot"
            : "too_short";

    private string Judge(PlayOracle oracle, long now)
    {
        if (isOwn)
            return "own";
        if (isBot || heard.Count * durationMs * 2 < countsAfterMs * 100)
            return "bot";
        var others = oracle
            .Plays.Where(p =>
                (place is { } here ? p.Place?.Address == here.Address : p.Listener == listener)
                && p.Track != track
                && p.ClosesMs > now
                && p.HeardMs > now - 15_000
            )
            .Select(p => p.Track)
            .Distinct()
            .Count();
        if (others >= (hasAccount ? 4 : 20))
            return "bot";
        return oracle.MayCount(listener, place, track, now, Math.Max(3_600_000, durationMs)) ? "counted" : "repeat";
    }
}

/// <summary>What should count, in memory.</summary>
internal sealed class PlayOracle
{
    private readonly Dictionary<(string Listener, Guid Track), long> countsAgain = [];

    private readonly Dictionary<(string Place, Guid Track), Counted> places = [];

    private sealed class Counted
    {
        internal int InWindow { get; set; }

        internal int InDay { get; set; }

        internal long EndsMs { get; set; }
    }

    internal List<PlayModel> Plays { get; } = [];

    /// <summary>Plays that a listener had left and their address, or their network, had not.</summary>
    internal int CrowdedAddresses { get; private set; }

    internal int CrowdedNetworks { get; private set; }

    internal int CrowdedDays { get; private set; }

    internal bool MayCount(
        string listener,
        (string Address, string Network)? place,
        Guid track,
        long now,
        long windowMs
    )
    {
        Counted? network = null,
            address = null;
        if (place is { } here)
        {
            network = At(here.Network, track, now, windowMs);
            if (network.InWindow >= 16 || network.InDay >= 100)
            {
                CrowdedNetworks++;
                return false;
            }

            address = At(here.Address, track, now, windowMs);
            if (address.InWindow >= 4 || address.InDay >= 12)
            {
                if (address.InWindow >= 4)
                    CrowdedAddresses++;
                else
                    CrowdedDays++;
                return false;
            }
        }

        if (countsAgain.TryGetValue((listener, track), out var again) && again > now)
            return false;
        countsAgain[(listener, track)] = now + windowMs;
        foreach (var counted in new[] { network, address }.OfType<Counted>())
            (counted.InWindow, counted.InDay) = (counted.InWindow + 1, counted.InDay + 1);
        return true;
    }

    private Counted At(string place, Guid track, long now, long windowMs)
    {
        if (!places.TryGetValue((place, track), out var counted))
            places[(place, track)] = counted = new Counted { EndsMs = now + windowMs };
        if (counted.EndsMs <= now)
            (counted.InWindow, counted.EndsMs) = (0, now + windowMs);
        return counted;
    }
}
