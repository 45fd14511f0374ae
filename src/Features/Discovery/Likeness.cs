using Veza.Features.Tracks.Reads;

namespace Veza.Features.Discovery;

/// <summary>
/// What two tracks are compared by. Tempo is folded into one octave, the key is a place on the circle of fifths.
/// </summary>
internal sealed record Sound(
    Guid Id,
    Guid AccountId,
    string Title,
    float? Tempo,
    int? KeyPlace,
    float? LoudnessLufs,
    long DurationMs,
    string Genre,
    string[] Tags,
    long PlayCount
);

/// <summary>How much one track is like another, and what speaks most for it.</summary>
internal static class Likeness
{
    /// <summary>The tempo that a listener takes for the same, and that a DJ can bring together, as shares.</summary>
    internal const double SameTempo = 0.02,
        FittingTempo = 0.06;

    private const double ListenersWeight = 5,
        SoundWeight = 3,
        TagsWeight = 2,
        GenreWeight = 1.5,
        LoudnessWeight = 0.3,
        DurationWeight = 0.3,
        LoudnessFarLu = 12;
    private const double SameKeyIsSound = 0.9;

    /// <summary>Below this, nothing speaks for it that could be told.</summary>
    private const double ReasonMin = 0.2;

    internal static (double Score, Because Because)? Of(Sound seed, Sound other, long listeners)
    {
        var sound = TempoOf(seed, other) * KeyOf(seed, other);
        // Everybody has heard what everybody has heard: listeners in common count against all the plays of the other.
        var together = listeners == 0 ? 0 : Math.Min(1, listeners / Math.Sqrt(Math.Max(1, other.PlayCount)));
        var shared =
            seed.Tags.Length == 0
                ? []
                : other
                    .Tags.Where(tag => seed.Tags.Contains(tag, StringComparer.OrdinalIgnoreCase))
                    .Select(Lower)
                    .Distinct()
                    .ToArray();
        var tags =
            shared.Length == 0
                ? 0
                : (double)shared.Length / seed.Tags.Concat(other.Tags).Select(Lower).Distinct().Count();
        var genre = seed.Genre.Length > 0 && seed.Genre == other.Genre ? 1.0 : 0;
        var (byListeners, bySound, byTags, byGenre) = (
            ListenersWeight * together,
            SoundWeight * sound,
            TagsWeight * tags,
            GenreWeight * genre
        );
        var best = Math.Max(Math.Max(byListeners, bySound), Math.Max(byTags, byGenre));
        if (best < ReasonMin)
            return null;
        var because =
            best == byListeners
                ? new Because(Because.ListenersAlso, $"People who listen to {seed.Title} listen to this too", seed.Id)
            : best == bySound ? SoundReason(seed, sound)
            : best == byTags
                ? new Because(Because.Tag, $"Tagged {string.Join(", ", shared.Take(3))}, as {seed.Title} is", seed.Id)
            : new Because(Because.Genre, $"{other.Genre}, as {seed.Title} is", seed.Id);
        return (
            byListeners
                + bySound
                + byTags
                + byGenre
                + LoudnessWeight * LoudnessOf(seed, other)
                + DurationWeight * DurationOf(seed, other),
            because
        );
    }

    /// <summary>1 for the same tempo, also at half or double; 0 from where it does not fit.</summary>
    internal static double TempoOf(Sound one, Sound other)
    {
        if (one.Tempo is not { } a || other.Tempo is not { } b)
            return 0;
        var octaves = Math.Abs(Math.Log2(a / b));
        var share = Math.Pow(2, Math.Min(octaves, Math.Abs(1 - octaves))) - 1;
        return share <= SameTempo ? 1
            : share >= FittingTempo ? 0
            : (FittingTempo - share) / (FittingTempo - SameTempo);
    }

    /// <summary>
    /// 1 for the same key, 0.8 for a neighbour on the circle of fifths or the relative key, 0 for what clashes.
    /// </summary>
    internal static double KeyOf(Sound one, Sound other)
    {
        if (one.KeyPlace is not { } a || other.KeyPlace is not { } b)
            return 0;
        var steps = Math.Abs((a - 1) % 12 - (b - 1) % 12);
        var isSameMode = (a - 1) / 12 == (b - 1) / 12;
        return Math.Min(steps, 12 - steps) switch
        {
            0 => isSameMode ? 1 : 0.8,
            1 => isSameMode ? 0.8 : 0.4,
            2 => isSameMode ? 0.3 : 0,
            _ => 0,
        };
    }

    /// <summary>The places that fit a key well.</summary>
    internal static int[] PlacesThatFit(int place)
    {
        var (mode, at) = ((place - 1) / 12 * 12, (place - 1) % 12);
        return [place, mode + (at + 1) % 12 + 1, mode + (at + 11) % 12 + 1, 12 - mode + at + 1];
    }

    private static Because SoundReason(Sound seed, double sound) =>
        sound >= SameKeyIsSound
            ? new Because(Because.SameTempoAndKey, $"Same tempo and key as {seed.Title}", seed.Id)
            : new Because(Because.FittingTempoAndKey, $"Tempo and key go well with {seed.Title}", seed.Id);

    private static double LoudnessOf(Sound one, Sound other) =>
        one.LoudnessLufs is { } a && other.LoudnessLufs is { } b ? Math.Max(0, 1 - Math.Abs(a - b) / LoudnessFarLu) : 0;

    private static double DurationOf(Sound one, Sound other) =>
        one.DurationMs > 0 && other.DurationMs > 0
            ? (double)Math.Min(one.DurationMs, other.DurationMs) / Math.Max(one.DurationMs, other.DurationMs)
            : 0;

    private static string Lower(string tag) => tag.ToLowerInvariant();
}
