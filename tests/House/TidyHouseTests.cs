using System.Text.RegularExpressions;
using Veza.Tests.Infrastructure.Http;

namespace Veza.Tests.House;

/// <summary>Short files, short lines, plain names.</summary>
public sealed partial class TidyHouseTests
{
    private const int FileLinesMax = 300,
        LineCharsMax = 200,
        ProgramLinesMax = 25;

    private static readonly string[] BannedWords =
    [
        "Dto",
        "Service",
        "Manager",
        "Helper",
        "Helpers",
        "Util",
        "Utils",
        "Common",
        "Base",
        "Impl",
    ];

    [Fact]
    public void Program_is_a_table_of_contents() =>
        Assert.True(Assert.Single(SourceTree.Files(".", "Program.cs")).Lines.Length <= ProgramLinesMax);

    /// <summary>What is to be divided yet; the list only shrinks.</summary>
    private static readonly string[] LongYet =
    [
        "Errors.cs",
        "Features/Auth/OAuth/Identities.cs",
        "Features/Auth/Sessions.cs",
        "Features/Tracks/TranscodeTrack.cs",
    ];

    [Fact]
    public void No_file_is_long() =>
        Assert.Equal(
            LongYet,
            SourceTree.Files(".", "*.cs").Where(f => f.Lines.Length > FileLinesMax).Select(f => f.Path)
        );

    [Fact]
    public void No_line_is_long() =>
        Assert.Empty(
            from file in SourceTree.Files(".", "*.cs")
            from line in file.Lines.Index()
            where line.Item.Length > LineCharsMax
            select $"{file.Path}:{line.Index + 1} has {line.Item.Length} characters"
        );

    [Fact]
    public void No_type_has_a_name_that_says_nothing()
    {
        var declared = SourceTree
            .Files(".", "*.cs")
            .SelectMany(f => TypePattern().Matches(f.Text).Select(m => (f.Path, Name: m.Groups[1].Value)))
            .ToArray();
        Assert.True(declared.Length > 50);
        Assert.DoesNotContain(declared, d => WordPattern().Matches(d.Name).Any(w => BannedWords.Contains(w.Value)));
    }

    [GeneratedRegex(
        @"^\s*(?:(?:internal|public|private|file|sealed|abstract|static|partial|readonly|ref)\s+)*(?:class|record struct|record|struct|interface|enum)\s+(\w+)",
        RegexOptions.Multiline
    )]
    private static partial Regex TypePattern();

    [GeneratedRegex("[A-Z][a-z0-9]*")]
    private static partial Regex WordPattern();
}
