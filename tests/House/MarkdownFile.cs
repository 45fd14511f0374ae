using System.Text.RegularExpressions;

namespace Veza.Tests.House;

/// <summary>A line of a Markdown file, by its number from 1.</summary>
internal readonly record struct MarkdownLine(string Path, int Number, string Text)
{
    internal string Place => $"{Path}:{Number}";

    internal string Said => $"{Place}: {Text}";
}

/// <summary>A Markdown file without its blocks of code: lines, and what they are made of.</summary>
internal sealed partial class MarkdownFile
{
    internal MarkdownFile(string path, string text)
    {
        Path = path;
        var inCode = false;
        var lines = new List<MarkdownLine>();
        foreach (var (i, line) in text.TrimEnd('\n').Split('\n').Index())
        {
            var isFence = line.TrimStart().StartsWith("```", StringComparison.Ordinal);
            inCode ^= isFence;
            lines.Add(new MarkdownLine(path, i + 1, inCode || isFence ? "" : line));
        }

        Lines = [.. lines];
    }

    internal string Path { get; }

    internal MarkdownLine[] Lines { get; }

    internal static MarkdownFile[] All() =>
        [.. RepositoryTree.Files("", ".md").Select(path => new MarkdownFile(path, RepositoryTree.Read(path)))];

    /// <summary>Headings, paragraphs and items of lists, each as one line; no tables.</summary>
    internal IEnumerable<MarkdownLine> Blocks()
    {
        MarkdownLine? block = null;
        foreach (var line in Lines.Append(new MarkdownLine(Path, 0, "")))
        {
            var isHeading = line.Text.StartsWith('#');
            var isTable = line.Text.StartsWith('|');
            if (
                block is { } done
                && (line.Text.Length == 0 || isHeading || isTable || ItemPattern().IsMatch(line.Text))
            )
            {
                yield return done;
                block = null;
            }

            if (isHeading)
                yield return line;
            else if (line.Text.Length > 0 && !isTable)
                block = block is { } begun ? begun with { Text = $"{begun.Text} {line.Text.Trim()}" } : line;
        }
    }

    /// <summary>What stands between two stops, colons included, as its words alone.</summary>
    internal IEnumerable<MarkdownLine> Sentences() =>
        from block in Blocks()
        from sentence in StopPattern().Split(block.Text)
        select block with
        {
            Text = string.Join(' ', Words(sentence)),
        };

    internal static string[] Words(string text) =>
        [.. WordPattern().Matches(TargetPattern().Replace(text, "]")).Select(m => m.Value.ToLowerInvariant())];

    /// <summary>What is in backticks.</summary>
    internal IEnumerable<MarkdownLine> CodeSpans() =>
        from line in Lines
        from Match span in CodePattern().Matches(line.Text)
        select line with
        {
            Text = span.Groups[1].Value,
        };

    /// <summary>Where its links go.</summary>
    internal IEnumerable<MarkdownLine> Links() =>
        from line in Lines
        from Match link in LinkPattern().Matches(CodePattern().Replace(line.Text, ""))
        select line with
        {
            Text = link.Groups[1].Value,
        };

    /// <summary>The anchors of its headings, as GitHub makes them.</summary>
    internal HashSet<string> Anchors()
    {
        var anchors = new HashSet<string>();
        foreach (var line in Lines.Where(l => l.Text.StartsWith('#')))
        {
            var words = TargetPattern().Replace(line.Text.TrimStart('#').Trim().ToLowerInvariant(), "]");
            var anchor = SignPattern().Replace(words, "").Replace(' ', '-');
            for (var (name, n) = (anchor, 1); !anchors.Add(name); n++)
                name = $"{anchor}-{n}";
        }

        return anchors;
    }

    /// <summary>The cells of a row of a table.</summary>
    internal static string[] Cells(string row) =>
        [.. PipePattern().Split(row.Trim().Trim('|')).Select(cell => cell.Trim())];

    [GeneratedRegex(@"^\s*(?:[-*]|\d+\.)\s")]
    private static partial Regex ItemPattern();

    [GeneratedRegex(@"(?<=[.!?:;][)""*`]*)\s+")]
    private static partial Regex StopPattern();

    [GeneratedRegex(@"[\p{L}\p{N}_]+")]
    private static partial Regex WordPattern();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex CodePattern();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex LinkPattern();

    [GeneratedRegex(@"\]\([^)\s]+\)")]
    private static partial Regex TargetPattern();

    [GeneratedRegex(@"[^\p{L}\p{N}_ -]")]
    private static partial Regex SignPattern();

    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex PipePattern();
}
