using System.Text.RegularExpressions;
using Veza.Tests.Harness;

namespace Veza.Tests.House;

/// <summary>What the docs name is there.</summary>
public sealed partial class DocsTests
{
    /// <summary>A path with a place for a name.</summary>
    private const string PathToFill = "tests/mutants/NAME.patch";

    [Fact]
    public void Every_document_that_the_source_names_is_there()
    {
        var named = (
            from folder in new[] { "src", "tests", "bench", "scripts", "examples" }
            from path in RepositoryTree.Files(folder, ".cs", ".sql", ".sh", ".html", ".json", ".mjs")
            from Match match in DocumentPattern().Matches(RepositoryTree.Read(path))
            select (path, Name: match.Value)
        ).ToArray();
        Assert.True(named.Length > 10);
        Assert.Empty(named.Where(n => !Path.Exists(Surroundings.PathOf(n.Name))).Select(n => $"{n.path}: {n.Name}"));
    }

    [Fact]
    public void Every_test_that_the_docs_name_is_there()
    {
        var types = typeof(DocsTests).Assembly.GetTypes();
        string[] there =
        [
            .. types.Select(t => t.Name),
            .. types
                .SelectMany(t => t.GetMethods())
                .Where(m => m.IsDefined(typeof(FactAttribute), true))
                .Select(m => m.Name),
        ];
        var named = Files.SelectMany(f => f.Lines).SelectMany(Named(TestPattern())).ToArray();
        Assert.True(named.Length > 120);
        Assert.Empty(named.ExceptBy(there, n => n.Text).Select(n => n.Said));
    }

    [Fact]
    public void Every_variable_that_the_docs_name_is_read()
    {
        var settings = new SettingNames();
        var source = string.Concat(
            new[] { "src", "tests", "bench", "scripts" }
                .SelectMany(folder => RepositoryTree.Files(folder, ".cs", ".sh"))
                .Append("dev")
                .Append("compose.yaml")
                .Select(RepositoryTree.Read)
        );
        var named = Files.SelectMany(f => f.Lines).SelectMany(Named(VariablePattern())).ToArray();
        Assert.True(named.Count(n => n.Text.StartsWith("VEZA__", StringComparison.Ordinal)) > 90);
        Assert.Empty(
            named
                .Where(n =>
                    n.Text.StartsWith("VEZA__", StringComparison.Ordinal)
                        ? !settings.Has(n.Text)
                        : !source.Contains(n.Text, StringComparison.Ordinal)
                )
                .Select(n => n.Said)
        );
    }

    [Fact]
    public void Every_path_that_the_docs_name_is_there()
    {
        var named = Files.SelectMany(f => f.CodeSpans()).SelectMany(Named(PathPattern())).ToArray();
        Assert.True(named.Length > 5);
        Assert.Contains(named, n => n.Text == PathToFill);
        Assert.Empty(
            named.Where(n => n.Text != PathToFill && !Path.Exists(Surroundings.PathOf(n.Text))).Select(n => n.Said)
        );
    }

    private static Func<MarkdownLine, IEnumerable<MarkdownLine>> Named(Regex pattern) =>
        line => pattern.Matches(line.Text).Select(match => line with { Text = match.Value });

    [Fact]
    public void Each_word_of_the_glossary_stands_there_once_and_somewhere_in_the_source()
    {
        var source = JoinPattern()
            .Replace(
                string.Concat(RepositoryTree.Files("src", ".cs", ".sql").Select(RepositoryTree.Read))
                    .ToLowerInvariant(),
                ""
            );
        string[] words =
        [
            .. Files
                .Single(f => f.Path == "docs/GLOSSARY.md")
                .Lines.Where(l => l.Text.StartsWith("| ", StringComparison.Ordinal))
                .Select(l => MarkdownFile.Cells(l.Text)[0])
                .Where(word => word != "word"),
        ];
        Assert.True(words.Length > 100);
        Assert.Distinct(words);
        string[] absent =
        [
            .. words.Where(w => !source.Contains(JoinPattern().Replace(w, ""), StringComparison.Ordinal)),
        ];
        Assert.Empty(absent);
    }

    [GeneratedRegex(@"\bdocs/[\w/-]+(?:\.md)?")]
    private static partial Regex DocumentPattern();

    [GeneratedRegex(@"\b[A-Z]\w*Tests\b|(?<=`)[A-Z][a-z0-9]*(?:_[A-Za-z0-9]+){3,}(?=`)")]
    private static partial Regex TestPattern();

    [GeneratedRegex(@"\bVEZA_[A-Z0-9_]*[A-Z0-9](?:__\*)?")]
    private static partial Regex VariablePattern();

    [GeneratedRegex(@"(?<![\w/.:-])(?:src|tests|bench|scripts|examples|docs)/[\w./-]*[\w/]")]
    private static partial Regex PathPattern();

    [GeneratedRegex("[ _-]")]
    private static partial Regex JoinPattern();
}
