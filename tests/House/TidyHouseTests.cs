using System.Text.RegularExpressions;
using Veza.Tests.Harness;
using Veza.Tests.Infrastructure.Http;

namespace Veza.Tests.House;

/// <summary>Short files, short lines, plain names.</summary>
public sealed partial class TidyHouseTests
{
    private const int FileLinesMax = 300,
        LineCharsMax = 120,
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

    [Fact]
    public void No_file_is_long() =>
        Assert.Empty(SourceTree.Files(".", "*.cs").Where(f => f.Lines.Length > FileLinesMax).Select(f => f.Path));

    /// <summary>
    /// What cannot be broken is a literal: an address, a key, a pattern; beside src also a text of many lines.
    /// </summary>
    [Theory]
    [InlineData("src")]
    [InlineData("tests")]
    [InlineData("bench")]
    [InlineData("demo")]
    [InlineData("examples")]
    public void No_line_is_long(string folder)
    {
        var files = Directory
            .EnumerateFiles(Surroundings.PathOf(folder), "*.cs", SearchOption.AllDirectories)
            .Where(path => !path.Contains("/obj/") && !path.Contains("/bin/") && !path.Contains("/node_modules/"))
            .ToArray();
        Assert.NotEmpty(files);
        var faults = new List<string>();
        foreach (var path in files)
        {
            var isText = false;
            foreach (var (index, line) in File.ReadLines(path).Index())
            {
                if (line.Length > LineCharsMax && !line.Contains('"') && (folder == "src" || !isText))
                    faults.Add($"{path}:{index + 1} has {line.Length} characters");
                if (line.Split("\"\"\"").Length % 2 == 0)
                    isText = !isText;
            }
        }

        Assert.Empty(faults);
    }

    /// <summary>
    /// A verb of the command line is a process of its own; everything else gets its clock from the server.
    /// </summary>
    [Fact]
    public void The_clock_is_injected()
    {
        var own = SourceTree
            .Files(".", "*.cs")
            .Where(f => f.Text.Contains("TimeProvider.System", StringComparison.Ordinal))
            .Select(f => f.Path)
            .ToArray();
        Assert.Contains("Server.cs", own);
        Assert.DoesNotContain(
            own,
            path =>
                path is not ("Server.cs" or "Features/Auth/RotateKeys.cs")
                && !path.StartsWith("Infrastructure/Cli/", StringComparison.Ordinal)
        );
    }

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
