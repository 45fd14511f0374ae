namespace Veza.Features.Plays;

/// <summary>How much there may be of what this room keeps and takes.</summary>
internal static class PlaysLimits
{
    internal const int HeartbeatEveryS = 10,
        HistoryKeptMax = 5_000,
        StatsDaysMax = 366,
        StatsDaysUsual = 28,
        PartsShownMax = 50;
}
