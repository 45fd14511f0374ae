namespace Veza.Infrastructure.Configuration;

/// <summary>
/// How many sockets a process and a person in it may have open, and after how long a silent one is pinged. It is given
/// up after two pings without a word, and five seconds.
/// </summary>
internal sealed record SocketSettings(int NodeMax, int PersonMax, TimeSpan PingEvery)
{
    internal TimeSpan SilentMax => 2 * PingEvery + TimeSpan.FromSeconds(5);

    /// <summary>20 s between pings is the most with which a vanished peer is found within 45 s.</summary>
    internal static SocketSettings Read(SettingsReader read) =>
        new(
            read.Int("sockets:node_max", 20_000, 1, 1_000_000),
            read.Int("sockets:person_max", 100, 1, 1_000_000),
            TimeSpan.FromSeconds(read.Int("sockets:ping_s", 15, 1, 20))
        );
}
