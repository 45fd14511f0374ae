using System.Text.RegularExpressions;

namespace Veza.Tests.House;

/// <summary>A function, a procedure, a trigger, a table or a view, as a file of the schema makes it.</summary>
internal sealed record SchemaItem(string Kind, string Name, string? Table = null)
{
    public override string ToString() => Table is null ? $"{Kind} {Name}" : $"{Kind} {Name} on {Table}";
}

/// <summary>
/// A file of the schema: what it makes, and who owns that. The folder is the owner; in the columns of a table a line
/// "-- owner: MODULE" names another for those below it.
/// </summary>
internal sealed partial record SchemaFile(string Path, string Text)
{
    /// <summary>Lower numbers are the baseline; what changes it afterwards has higher ones.</summary>
    internal const int FirstChange = 100;

    internal string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    internal string Number => Name[..4];

    /// <summary>The module, or the part of Infrastructure, in lower case.</summary>
    internal string Owner => OwnerOf(Path);

    /// <summary>Without its comments.</summary>
    internal string Sql => CommentPattern().Replace(Text, "");

    /// <summary>In the order in which they are applied.</summary>
    internal static SchemaFile[] All() =>
        [
            .. SourceTree
                .Files(".", "*.sql")
                .Select(file => new SchemaFile(file.Path, file.Text))
                .OrderBy(file => file.Name, StringComparer.Ordinal),
        ];

    internal static string OwnerOf(string path) => path.Split('/')[1].ToLowerInvariant();

    /// <summary>What it makes, in the order in which it stands there.</summary>
    internal IEnumerable<SchemaItem> Made() => MadePattern().Matches(Sql).Select(Item);

    /// <summary>What it takes away again.</summary>
    internal IEnumerable<SchemaItem> Dropped() => DropPattern().Matches(Sql).Select(Item);

    /// <summary>The owner of each column of the tables that it makes, and of those that it adds to others.</summary>
    internal IEnumerable<(string Table, string Column, string Owner)> Columns()
    {
        foreach (Match table in TableOrChangePattern().Matches(Text))
        {
            var owner = Owner;
            var columns = table.Groups["made"].Success ? NewColumnPattern() : AddedColumnPattern();
            foreach (var line in table.Groups["body"].Value.Split('\n'))
                if (OwnerPattern().Match(line) is { Success: true } named)
                    owner = named.Groups[1].Value;
                else if (columns.Match(line) is { Success: true } column)
                    yield return (table.Groups["table"].Value, column.Groups[1].Value, owner);
        }
    }

    private static SchemaItem Item(Match found) =>
        new(
            found.Groups["kind"].Value,
            found.Groups["name"].Value,
            found.Groups["table"] is { Success: true } table ? table.Value : null
        );

    [GeneratedRegex("--[^\n]*")]
    private static partial Regex CommentPattern();

    [GeneratedRegex(
        @"^create (?:or replace )?(?:(?<kind>table|view|function|procedure) (?:if not exists )?(?<name>\w+)"
            + @"|(?<kind>trigger) (?<name>\w+) (?:before|after) [^;]*?\bon (?<table>\w+))",
        RegexOptions.Multiline
    )]
    private static partial Regex MadePattern();

    [GeneratedRegex(
        @"^drop (?:(?<kind>table|view|function|procedure) (?<name>\w+)|(?<kind>trigger) (?<name>\w+)\s+on (?<table>\w+))",
        RegexOptions.Multiline
    )]
    private static partial Regex DropPattern();

    [GeneratedRegex(
        @"^(?:(?<made>create table) (?<table>\w+) \(\n(?<body>[\s\S]*?)^\)|alter table (?<table>\w+)(?<body>[^;]*);)",
        RegexOptions.Multiline
    )]
    private static partial Regex TableOrChangePattern();

    [GeneratedRegex("^ *-- owner: ([a-z]+)$")]
    private static partial Regex OwnerPattern();

    [GeneratedRegex("^  (?!constraint )([a-z_0-9]+) ")]
    private static partial Regex NewColumnPattern();

    [GeneratedRegex(@"\badd column (?:if not exists )?(\w+)")]
    private static partial Regex AddedColumnPattern();
}
