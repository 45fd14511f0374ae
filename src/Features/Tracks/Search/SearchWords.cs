namespace Veza.Features.Tracks.Search;

/// <summary>
/// The words of a search as the database has folded them. The last one may be unfinished, unless a blank follows it;
/// each may stand with others that were perhaps meant.
/// </summary>
internal sealed record SearchWords(string[] Words, bool IsLastWhole, string[][] Meant)
{
    /// <summary>Beginnings of up to so many characters are keys of their own: see the function track_keys.</summary>
    internal const int BeginningCharsMax = 8;

    internal static SearchWords Of(string[] folded, string? typed) =>
        new([.. folded.Take(TracksLimits.QueryWordsMax)], typed is { Length: > 0 } && char.IsWhiteSpace(typed[^1]), []);

    internal bool IsEmpty => Words.Length == 0;

    /// <summary>For the index, one key for each word.</summary>
    internal IEnumerable<string> Keys() =>
        Words.Select(
            (word, i) =>
                OneOf(
                    i,
                    MayGoOn(i)
                        ? word.EnumerateRunes().Count() <= BeginningCharsMax
                            ? Quoted("^" + word)
                            : Quoted(word) + ":*"
                        : Quoted(word)
                )
        );

    /// <summary>
    /// For a row, where the words have their places and weights; <paramref name="weights"/> narrows them to some.
    /// </summary>
    internal string Query(string weights = "") =>
        string.Join(
            " & ",
            Words.Select(
                (word, i) =>
                    OneOf(
                        i,
                        Quoted(word)
                            + (
                                MayGoOn(i) ? $":*{weights}"
                                : weights.Length > 0 ? $":{weights}"
                                : ""
                            )
                    )
            )
        );

    /// <summary>What was typed, without what was perhaps meant.</summary>
    internal SearchWords AsTyped => this with { Meant = [] };

    internal static string Quoted(string key) =>
        $"'{key.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}'";

    private bool MayGoOn(int i) => i == Words.Length - 1 && !IsLastWhole;

    private string OneOf(int i, string typed) =>
        i < Meant.Length && Meant[i].Length > 0 ? $"({typed} | {string.Join(" | ", Meant[i].Select(Quoted))})" : typed;
}
