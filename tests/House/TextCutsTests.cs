using System.Text.RegularExpressions;
using Veza.Tests.Harness;
using Veza.Tests.Infrastructure.Http;

namespace Veza.Tests.House;

/// <summary>
/// A text is made shorter by TextCut alone: a cut anywhere else lands in the middle of a character one day, and then
/// nothing stores what is left. Quantities have their unit in their name here, so that a cut by characters can be told
/// from a slice of bytes or of a list.
/// </summary>
public sealed partial class TextCutsTests
{
    /// <summary>What looks like a cut and is none, as it stands in its line, and why.</summary>
    private static readonly (string File, string Words)[] NoCuts =
    [
        // Whether the end of the words is letters: nothing of it is kept.
        ("Features/Chat/Messages/SearchMessages.cs", "words[^(OpenCharsMin + 1)..^1].All"),
        // A hash's bytes.
        ("Features/Plays/Listeners.cs", "[..16]"),
        // A year that is read and not kept.
        ("Infrastructure/Media/AudioFacts.cs", "date.AsSpan(0, YearChars)"),
        // The words of the search index are its own, and stay inside PostgreSQL, whose characters are code points.
        ("Features/Tracks/Schema/0036_words.sql", "left(word, 60)"),
        ("Features/Tracks/Schema/0037_track_search.sql", "left(word, n)"),
        // The name of a member, in the compiler.
        ("Generator/SlicesWriting.cs", "member.Name.Substring(1)"),
        // Of an id, which is ASCII.
        ("Infrastructure/Postgres/Schema/0002_ids.sql", "left(uuid_at("),
    ];

    [Fact]
    public void No_text_is_cut_but_by_the_noun_for_it()
    {
        var found = SourceTree
            .Files(".", "*.cs")
            .SelectMany(f => Lines(f, Cut(), SqlCut()))
            .Concat(SourceTree.Files(".", "*.sql").SelectMany(f => Lines(f, SqlCut())))
            .ToArray();
        Assert.Single(SourceTree.Files(".", "TextCut.cs"));
        Each.Of(
            NoCuts,
            known =>
                Assert.Contains(
                    found,
                    line => line.File == known.File && line.Text.Contains(known.Words, StringComparison.Ordinal)
                )
        );
        Assert.DoesNotContain(
            found,
            line =>
                !NoCuts.Any(known =>
                    line.File == known.File && line.Text.Contains(known.Words, StringComparison.Ordinal)
                )
        );
    }

    [Theory]
    [InlineData("var device = agent[..DeviceCharsMax];")]
    [InlineData("return name[^FileNameCharsMax..];")]
    [InlineData("kept[..(char.IsHighSurrogate(kept[CharsMax - 1]) ? CharsMax - 1 : CharsMax)]")]
    [InlineData("name[..Math.Min(name.Length, 255)]")]
    [InlineData("text[..140]")]
    [InlineData("text[^255..]")]
    [InlineData("text[..chars]")]
    [InlineData("error.Substring(0, 2000)")]
    [InlineData("error.Remove(2000)")]
    [InlineData("letters.Take(UsernameCharsMax)")]
    [InlineData("text.AsSpan(0, NameCharsMax)")]
    public void A_cut_in_a_file_is_seen(string line) => Assert.Matches(Cut(), line);

    [Theory]
    [InlineData("select left(m.content, 300) as excerpt")]
    [InlineData("substring(title from 1 for 200)")]
    [InlineData("right(file_name, 255)")]
    public void A_cut_in_a_statement_is_seen(string line) => Assert.Matches(SqlCut(), line);

    [Theory]
    [InlineData("bytes[..(KeyIdBytes + PayloadBytes)]")]
    [InlineData("path[(slash + 1)..]")]
    [InlineData("entries[..Limit]")]
    [InlineData("left join account a on a.id = m.author_id")]
    public void What_is_no_cut_of_a_text_is_left_alone(string line)
    {
        Assert.DoesNotMatch(Cut(), line);
        Assert.DoesNotMatch(SqlCut(), line);
    }

    private static IEnumerable<(string File, string Text)> Lines(SourceFile file, params Regex[] patterns) =>
        from line in file.Lines
        where
            !line.TrimStart().StartsWith("//", StringComparison.Ordinal)
            && patterns.Any(pattern => pattern.IsMatch(line))
        select (file.Path.Replace("./", "", StringComparison.Ordinal), line.Trim());

    [GeneratedRegex(
        @"\[\.\.(?! )[^;]*Chars|\[\.\.chars\]|\[\^[^\]]*Chars[^\]]*\.\.|\[\.\.[^;\]]*\b\d{2,}\)?\]|\[\^\d{2,}\.\.|\.Substring\(|\.Remove\(\d|\.Take\([^)]*Chars|AsSpan\(0, \w*Chars"
    )]
    private static partial Regex Cut();

    [GeneratedRegex(@"(?<![.\w])(?:left|right|substr|substring)\s*\((?!\))", RegexOptions.None)]
    private static partial Regex SqlCut();
}
