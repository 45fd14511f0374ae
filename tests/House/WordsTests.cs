using System.Text.RegularExpressions;

namespace Veza.Tests.House;

/// <summary>
/// What is written in src is plain English: in comments, and in what clients, operators and people read. Names of
/// identifiers that hold a word as a part of another are not looked at.
/// </summary>
public sealed class WordsTests
{
    /// <summary>What is not written, and a sentence that would be found by it.</summary>
    [Theory]
    [InlineData(@"\b[Oo]ne's\b", "Deletes one's own track")]
    [InlineData(@"\b[Oo]neself\b", "A note to oneself")]
    [InlineData(@"\b(?:[Ww]hom|that|which|than|as) one (?:may|is|has|wants|blocks|mutes)\b", "as many as one may have")]
    [InlineData(@"\b(?:has|have) not (?:the|an?)\b", "The key has not the scope")]
    [InlineData(@"(?<!\b[Dd]ead )\b[Ll]etters?\b(?!-spacing)", "A letter is on its way")]
    public void Is_not_written(string pattern, string sample)
    {
        var word = new Regex(pattern, RegexOptions.CultureInvariant);
        Assert.Matches(word, sample);
        Assert.DoesNotMatch(word, "The caller's own dead letters, one by one");
        var found = new List<string>();
        foreach (var file in SourceTree.Files(".", "*.cs"))
        foreach (var (index, line) in file.Lines.Index())
            if (word.IsMatch(line))
                found.Add($"{file.Path}:{index + 1}: {line.Trim()}");
        Assert.Empty(found);
    }
}
