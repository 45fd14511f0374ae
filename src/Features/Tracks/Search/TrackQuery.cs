namespace Veza.Features.Tracks.Search;

/// <summary>What facets count.</summary>
internal enum Facet
{
    Genre,
    Tag,
    Bpm,
    Key,
    Duration,
    Year,
}

/// <summary>
/// A search as the database has folded it. Values of one facet are alternatives; facets and words narrow each other.
/// </summary>
internal sealed record TrackQuery(
    SearchWords Words,
    string Phrase,
    string[] Genres,
    string[] Tags,
    string[] Keys,
    int[] Years,
    float? BpmMin,
    float? BpmMax,
    long? DurationMinMs,
    long? DurationMaxMs,
    Guid? AccountId
)
{
    /// <summary>Who asks: it tells which of what is found they hear in full.</summary>
    internal Guid? CallerId { get; init; }

    internal const int BpmStep = 10,
        BpmBucketMax = 30,
        StandingBits = 16,
        StandingPairs = 6;
    internal const float BpmMost = 1000;

    /// <summary>Where the function track_duration_bucket begins a new one.</summary>
    internal static readonly long[] DurationEdgesMs =
    [
        60_000,
        120_000,
        180_000,
        240_000,
        300_000,
        420_000,
        600_000,
        1_200_000,
        3_600_000,
    ];

    internal static TrackQuery OfWords(SearchWords words, string phrase) =>
        new(words, phrase, [], [], [], [], null, null, null, null, null);

    internal IEnumerable<Facet> Narrowing => Enum.GetValues<Facet>().Where(Narrows);

    /// <summary>
    /// The same search without one facet's own filter: what that facet would find if it were chosen otherwise.
    /// </summary>
    internal TrackQuery Without(Facet facet) =>
        facet switch
        {
            Facet.Genre => this with { Genres = [] },
            Facet.Tag => this with { Tags = [] },
            Facet.Bpm => this with { BpmMin = null, BpmMax = null },
            Facet.Key => this with { Keys = [] },
            Facet.Duration => this with { DurationMinMs = null, DurationMaxMs = null },
            _ => this with { Years = [] },
        };

    /// <summary>
    /// The search for the index: a tsquery over track_keys, narrowed by further keys. What lies within the outer steps
    /// of a range is left to the row.
    /// </summary>
    internal string Found(params string[] further)
    {
        List<string> keys = [.. Words.Keys()];
        if (AccountId is { } account)
            keys.Add(SearchWords.Quoted($"u={account}"));
        Any(keys, Genres.Select(genre => $"g={genre}"));
        Any(keys, Tags.Select(tag => $"t={tag}"));
        Any(keys, Keys.Select(key => $"k={key}"));
        Any(keys, Years.Select(year => $"y={year}"));
        if (Narrows(Facet.Bpm))
            Any(keys, Steps("b=", BpmBucket(BpmMin ?? 0), BpmBucket(BpmMax ?? BpmMost)));
        if (Narrows(Facet.Duration))
            Any(keys, Steps("d=", DurationBucket(DurationMinMs ?? 0), DurationBucket(DurationMaxMs ?? long.MaxValue)));
        keys.AddRange(further);
        return keys.Count == 0 ? "'*'" : string.Join(" & ", keys);
    }

    /// <summary>The key of a sample: one of 4 to the power of <paramref name="level"/> tracks has it.</summary>
    internal static string Sample(int level) => SearchWords.Quoted($"~{level}");

    /// <summary>
    /// One of these keys has whatever stands at least so high, or a sixteenth of a year below: all greater values at
    /// each pair of bits, and the pairs themselves.
    /// </summary>
    internal static string StandingFrom(int standing)
    {
        var keys = Enumerable
            .Range(1, StandingPairs)
            .SelectMany(n =>
            {
                var upTo = standing >> (StandingBits - 2 * n);
                return Enumerable.Range(1, 3 - (upTo & 3)).Select(more => $"+{n}.{upTo + more}");
            })
            .Append($"+{StandingPairs}.{standing >> (StandingBits - 2 * StandingPairs)}");
        return $"({string.Join(" | ", keys.Select(SearchWords.Quoted))})";
    }

    internal TrackBounds Bounds =>
        new(BpmMin ?? 0, BpmMax ?? BpmMost, Narrows(Facet.Bpm), DurationMinMs ?? 0, DurationMaxMs ?? long.MaxValue);

    private bool Narrows(Facet facet) =>
        facet switch
        {
            Facet.Genre => Genres.Length > 0,
            Facet.Tag => Tags.Length > 0,
            Facet.Bpm => BpmMin is not null || BpmMax is not null,
            Facet.Key => Keys.Length > 0,
            Facet.Duration => DurationMinMs is not null || DurationMaxMs is not null,
            _ => Years.Length > 0,
        };

    private static int BpmBucket(float bpm) => Math.Min(BpmBucketMax, (int)(bpm / BpmStep));

    private static int DurationBucket(long ms) => DurationEdgesMs.Count(edge => edge <= ms);

    private static IEnumerable<string> Steps(string kind, int first, int last) =>
        Enumerable.Range(first, Math.Max(0, last - first + 1)).Select(step => $"{kind}{step}");

    private static void Any(List<string> keys, IEnumerable<string> alternatives)
    {
        string[] quoted = [.. alternatives.Select(SearchWords.Quoted)];
        if (quoted.Length > 0)
            keys.Add(quoted.Length == 1 ? quoted[0] : $"({string.Join(" | ", quoted)})");
    }
}

/// <summary>The parts of a search that its index keys do not settle alone.</summary>
internal readonly record struct TrackBounds(
    float BpmMin,
    float BpmMax,
    bool HasBpm,
    long DurationMinMs,
    long DurationMaxMs
);
