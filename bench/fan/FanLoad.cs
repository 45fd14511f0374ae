using System.Diagnostics;
using System.Globalization;

namespace Veza.Bench.Fan;

/// <summary>
/// What a run of the load gave. Veza's sender has heard the acknowledgement of each message too, and it is waited for
/// as for a delivery.
/// </summary>
internal sealed record FanResult(
    double DeliveriesPerS,
    double CpuUs,
    double P50Ms,
    double P99Ms,
    long Lost,
    double LoadCpuUs
);

/// <summary>
/// The load: receivers in one room and senders, at most so many messages under way that not everybody has (a window,
/// for throughput) or so many a second at fixed times (for delays, counted from the time at which a message was due). A
/// process of its own, so that it can have a core of its own.
/// </summary>
internal static class FanLoad
{
    private const int SendersMax = 32,
        JoiningMax = 200,
        FramesPerSecondOfSender = 150;
    private static readonly TimeSpan Warm = TimeSpan.FromSeconds(2),
        DrainMax = TimeSpan.FromSeconds(10);

    /// <summary>protocol ports server-pids token room receivers seconds window rate bytes; "-" for none.</summary>
    internal static int Run(string[] a)
    {
        var (protocol, target) = (Enum.Parse<FanProtocol>(a[0]), Target(a));
        var (receivers, seconds, window, rate, bytes, servers) = (
            Int(a[5]),
            Int(a[6]),
            Int(a[7]),
            Int(a[8]),
            Int(a[9]),
            Ints(a[2])
        );
        using var epoll = new Epoll();
        var (delays, heard, counted, acks, from, to) = (new List<double>(), 0L, 0L, 0L, long.MaxValue, long.MaxValue);
        var senders = Open(epoll, protocol, target, receivers, Heard);
        var (began, sent) = (Now(), 0L);
        (from, to) = (
            began + (long)Warm.TotalNanoseconds,
            began + (long)Warm.TotalNanoseconds + seconds * 1_000_000_000L
        );
        var (next, cpu, own, budget) = (began, -1.0, 0.0, new int[SendersMax]);
        var second = began;
        while (Now() is var now && now < to)
        {
            if (cpu < 0 && now >= from)
                (cpu, own) = (servers.Sum(CpuS), CpuS(Environment.ProcessId));
            if (now - second > 1_000_000_000L)
                (second, budget) = (now, new int[SendersMax]);
            while (rate > 0 ? next <= now : sent * receivers - heard < (long)window * receivers)
            {
                // Senders take turns. Chat allows each connection so many frames in a second; the others know no limit.
                var sender = (int)(sent % SendersMax);
                if (protocol == FanProtocol.Veza && budget[sender] >= FramesPerSecondOfSender)
                    break;
                budget[sender]++;
                senders[sender].Say(rate > 0 ? next : Now(), bytes);
                (sent, next) = (sent + 1, next + (rate > 0 ? 1_000_000_000L / rate : 0));
            }

            epoll.Turn(rate > 0 ? (int)Math.Clamp((next - Now()) / 1_000_000, 0, 100) : 20);
        }

        var (cpuS, ownS) = (servers.Sum(CpuS) - cpu, CpuS(Environment.ProcessId) - own);
        var awaited = protocol == FanProtocol.Veza ? sent : 0;
        for (
            var drain = Stopwatch.StartNew();
            (heard < sent * receivers || acks < awaited) && drain.Elapsed < DrainMax;

        )
            epoll.Turn(100);
        delays.Sort();
        Console.WriteLine(
            string.Join(
                ' ',
                new[]
                {
                    counted / (double)seconds,
                    cpuS * 1e6 / Math.Max(1, counted),
                    Percentile(delays, 0.5),
                    Percentile(delays, 0.99),
                    sent * receivers - heard + Math.Max(0, awaited - acks),
                    ownS * 1e6 / Math.Max(1, counted),
                }.Select(n => n.ToString("R", CultureInfo.InvariantCulture))
            )
        );
        return 0;

        void Heard(FanPeer peer, long sentNs)
        {
            if (peer.IsSender)
            {
                acks++;
                return;
            }

            heard++;
            var now = Now();
            if (now >= from && now < to)
                counted++;
            // One in sixteen is enough for percentiles, and keeps the generator cheap.
            if (sentNs >= from && (heard & 15) == 0)
                delays.Add((now - sentNs) / 1e6);
        }
    }

    /// <summary>Connections that do nothing, until the process is killed; says so when all have joined.</summary>
    internal static int Idle(string[] a)
    {
        using var epoll = new Epoll();
        Open(epoll, Enum.Parse<FanProtocol>(a[0]), Target(a), Int(a[5]), (_, _) => { }, senders: 0);
        Console.WriteLine("joined");
        for (; ; )
            epoll.Turn(1000);
    }

    internal static double CpuS(int pid)
    {
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (
                long.Parse(fields[11], CultureInfo.InvariantCulture)
                + long.Parse(fields[12], CultureInfo.InvariantCulture)
            ) / 100.0;
    }

    private static FanPeer[] Open(
        Epoll epoll,
        FanProtocol protocol,
        FanTarget target,
        int receivers,
        Action<FanPeer, long> heard,
        int senders = SendersMax
    )
    {
        var all = new List<FanPeer>();
        while (all.Count < receivers + senders)
        {
            var batch = Enumerable
                .Range(all.Count, Math.Min(JoiningMax, receivers + senders - all.Count))
                .Select(n => new FanPeer(n, protocol, target, n >= receivers, heard))
                .ToArray();
            foreach (var peer in batch)
            {
                epoll.Watch(peer);
                peer.Begin();
            }

            for (var joining = Stopwatch.StartNew(); batch.Any(p => !p.IsJoined); )
            {
                epoll.Turn(100);
                if (joining.Elapsed > TimeSpan.FromSeconds(60))
                    throw new TimeoutException($"Not everybody joined: {batch.First(p => !p.IsJoined).Said}");
            }

            all.AddRange(batch);
        }

        return [.. all.Skip(receivers)];
    }

    private static double Percentile(List<double> sorted, double share) =>
        sorted.Count == 0 ? 0 : sorted[(int)Math.Min(sorted.Count - 1, share * sorted.Count)];

    private static long Now() => (long)(Stopwatch.GetTimestamp() * (1e9 / Stopwatch.Frequency));

    private static FanTarget Target(string[] a) => new(Ints(a[1]), Text(a[3]), Text(a[4]));

    private static int[] Ints(string text) => [.. text.Split(',').Select(Int)];

    private static int Int(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static string? Text(string text) => text == "-" ? null : text;
}
