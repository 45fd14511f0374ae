namespace Veza.Infrastructure.Jobs;

/// <summary>How many jobs at once, and how long each may take.</summary>
internal sealed record JobLimits(int Concurrency, TimeSpan WallMax)
{
    /// <summary>
    /// Brief jobs wait for other servers rather than work, so their number does not depend on the processors.
    /// </summary>
    internal static readonly JobLimits Brief = new(Concurrency: 4, WallMax: TimeSpan.FromMinutes(5));

    /// <summary>
    /// How many of one kind at once, where kinds have slots of their own: then none can hold up another.
    /// </summary>
    internal int? OfOneKind { get; init; }

    /// <summary>Each listener has slots of its own.</summary>
    internal static JobLimits OfListeners(int listeners) =>
        Brief with
        {
            Concurrency = Brief.Concurrency * Math.Max(1, listeners),
            OfOneKind = Brief.Concurrency,
        };

    /// <summary>Many may hang at once.</summary>
    internal static readonly JobLimits ToStrangers = new(Concurrency: 16, WallMax: TimeSpan.FromMinutes(1));
}
