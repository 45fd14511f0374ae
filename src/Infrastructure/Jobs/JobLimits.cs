namespace Veza.Infrastructure.Jobs;

/// <summary>How many jobs at once, and how long one may take.</summary>
internal sealed record JobLimits(int Concurrency, TimeSpan WallMax)
{
    /// <summary>
    /// Brief jobs wait for other servers rather than work, so their number does not depend on the processors.
    /// </summary>
    internal static readonly JobLimits Brief = new(Concurrency: 4, WallMax: TimeSpan.FromMinutes(5));

    /// <summary>Many may hang at once.</summary>
    internal static readonly JobLimits ToStrangers = new(Concurrency: 16, WallMax: TimeSpan.FromMinutes(1));
}
