using System.Text.RegularExpressions;
using Veza.Tests.Harness;

namespace Veza.Tests.House;

/// <summary>
/// The docs say each thing once and name what is there. Reports of benchmarks are written by programs: only their links
/// and names are looked at.
/// </summary>
public sealed partial class DocsTests
{
    /// <summary>Fewer words are a phrase, not a sentence that somebody wrote twice.</summary>
    private const int SentenceWordsMin = 6;

    /// <summary>As many words in a row that stand twice are a sentence that was copied and changed.</summary>
    private const int CopiedWordsMin = 10;

    private static readonly MarkdownFile[] Files = MarkdownFile.All();

    private static readonly MarkdownFile[] Docs =
    [
        .. Files.Where(f => !f.Path.StartsWith("bench/results/", StringComparison.Ordinal)),
    ];

    private static readonly MarkdownFile[] Decisions =
    [
        .. Files.Where(f => DecisionPattern().IsMatch(f.Path)).OrderBy(f => f.Path, StringComparer.Ordinal),
    ];

    [Fact]
    public void No_sentence_stands_twice()
    {
        MarkdownLine[] sentences =
        [
            .. Docs.SelectMany(f => f.Sentences()).Where(s => s.Text.Split(' ').Length >= SentenceWordsMin),
        ];
        Assert.True(sentences.Length > 1000);
        Assert.Empty(
            sentences
                .GroupBy(s => s.Text)
                .Where(same => same.Count() > 1)
                .Select(same => $"{string.Join(", ", same.Select(s => s.Place))}: {same.Key}")
        );
    }

    [Fact]
    public void No_sentence_is_a_copy_of_another_with_some_words_changed()
    {
        var (first, copies) = (new Dictionary<string, string>(), new List<string>());
        foreach (var block in Docs.SelectMany(f => f.Blocks()))
        {
            var words = MarkdownFile.Words(block.Text);
            for (var i = 0; i + CopiedWordsMin <= words.Length; i++)
            {
                var run = string.Join(' ', words[i..(i + CopiedWordsMin)]);
                if (!first.TryAdd(run, block.Place))
                    copies.Add($"{first[run]}, {block.Place}: {run}");
            }
        }

        Assert.True(first.Count > 10_000);
        Assert.Empty(copies);
    }

    [Fact]
    public void Every_link_leads_somewhere()
    {
        var anchors = Files.ToDictionary(f => f.Path, f => f.Anchors());
        MarkdownLine[] links =
        [
            .. Files
                .SelectMany(f => f.Links())
                .Where(l => !l.Text.Contains("://", StringComparison.Ordinal) && !l.Text.StartsWith("mailto:")),
        ];
        Assert.True(links.Length > 40);
        Assert.True(links.Count(l => l.Text.Contains('#', StringComparison.Ordinal)) > 4);
        Assert.Empty(links.Where(l => !Leads(l, anchors)).Select(l => l.Said));
    }

    private static bool Leads(MarkdownLine link, Dictionary<string, HashSet<string>> anchors)
    {
        var (file, anchor) = link.Text.Split('#') is [var before, var after] ? (before, after) : (link.Text, null);
        var folder = Path.GetDirectoryName(link.Path)!;
        var full = Path.GetFullPath(file.Length == 0 ? link.Path : Path.Combine(folder, file), Surroundings.Root);
        var isThere = full.StartsWith(Surroundings.Root, StringComparison.Ordinal) && Path.Exists(full);
        if (!isThere || anchor is null)
            return isThere;
        return anchors.TryGetValue(Path.GetRelativePath(Surroundings.Root, full), out var known)
            && known.Contains(anchor);
    }

    [Fact]
    public void Numbered_lists_count_up_by_one()
    {
        var (items, faults) = (0, new List<string>());
        foreach (var file in Files)
        {
            var (last, isAfterBlank) = (0, true);
            foreach (var line in file.Lines)
            {
                if (NumberedPattern().Match(line.Text) is { Success: true } item)
                {
                    items++;
                    if (item.Groups[1].Value != $"{last + 1}")
                        faults.Add($"{line.Place} comes after {last}");
                    last++;
                }
                else if (line.Text.StartsWith('#') || (isAfterBlank && line.Text is [not ' ', ..]))
                    last = 0;

                isAfterBlank = line.Text.Length == 0;
            }
        }

        Assert.True(items > 20);
        Assert.Empty(faults);
    }

    [Fact]
    public void Code_in_a_sentence_ends_on_its_line()
    {
        var lines = Files.SelectMany(f => f.Lines).Where(l => l.Text.Contains('`', StringComparison.Ordinal)).ToArray();
        Assert.True(lines.Length > 500);
        Assert.Empty(lines.Where(l => l.Text.Count(c => c == '`') % 2 != 0).Select(l => l.Said));
    }

    [Fact]
    public void Rows_of_a_table_have_as_many_cells_as_its_head()
    {
        var (rows, faults) = (0, new List<string>());
        foreach (var file in Files)
        {
            var head = 0;
            foreach (var line in file.Lines)
            {
                var cells = line.Text.StartsWith('|') ? MarkdownFile.Cells(line.Text).Length : 0;
                rows += cells > 0 ? 1 : 0;
                if (cells > 0 && head > 0 && cells != head)
                    faults.Add($"{line.Place} has {cells} cells, its head {head}");
                head = cells == 0 ? 0 : Math.Max(head, cells);
            }
        }

        Assert.True(rows > 400);
        Assert.Empty(faults);
    }

    [Fact]
    public void Decisions_are_numbered_without_gaps_and_each_is_linked_from_the_index()
    {
        Assert.True(Decisions.Length >= 18);
        Assert.Equal(
            Enumerable.Range(1, Decisions.Length).Select(n => $"{n:0000}"),
            Decisions.Select(d => Path.GetFileName(d.Path)[..4])
        );
        Assert.Equal(
            Decisions.Select(d => Path.GetFileName(d.Path)),
            Files.Single(f => f.Path == "docs/decisions/README.md").Links().Select(l => l.Text)
        );
    }

    [Fact]
    public void Each_decision_says_when_it_was_accepted_its_context_what_was_decided_and_what_follows() =>
        Each.Of(
            Decisions,
            decision =>
            {
                var text = RepositoryTree.Read(decision.Path);
                Assert.StartsWith($"# {Path.GetFileName(decision.Path)[..4]} ", text, StringComparison.Ordinal);
                Assert.Matches(StatePattern(), text);
                Assert.Equal(
                    ["## Context", "## Decision", "## Consequences"],
                    decision.Lines.Select(l => l.Text).Where(l => l.StartsWith("## ", StringComparison.Ordinal))
                );
            }
        );

    [Fact]
    public void The_changelog_has_the_sections_of_Keep_a_Changelog()
    {
        string[] kinds = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];
        var lines = Files.Single(f => f.Path == "CHANGELOG.md").Lines.Select(l => l.Text).ToArray();
        Assert.Contains("## [Unreleased]", lines);
        var last = -1;
        foreach (var line in lines.Where(l => l.StartsWith("##", StringComparison.Ordinal)))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
            {
                Assert.Matches(VersionPattern(), line);
                last = -1;
                continue;
            }

            var kind = Array.IndexOf(kinds, line[4..]);
            Assert.True(kind > last, line);
            last = kind;
        }

        Assert.True(last >= 0);
    }

    [GeneratedRegex(@"^docs/decisions/\d")]
    private static partial Regex DecisionPattern();

    [GeneratedRegex(@"\A# .+\n\n(?:Accepted|Replaced) [^\n]*\b20\d\d-\d\d-\d\d")]
    private static partial Regex StatePattern();

    [GeneratedRegex(@"^(\d+)\.\s")]
    private static partial Regex NumberedPattern();

    [GeneratedRegex(@"^## \[[^\]]+\]")]
    private static partial Regex VersionPattern();
}
