using System.Text.RegularExpressions;

namespace Veza.Tests.House;

/// <summary>Who may write what: in the code, and in the functions of the schema.</summary>
public sealed partial class OwnersTests
{
    /// <summary>
    /// Rows begin and end with the owner of their table, and each column is changed by its own. updated_at belongs to
    /// whoever changes something.
    /// </summary>
    [Fact]
    public void Only_the_owner_of_a_table_or_a_column_writes_it()
    {
        var files = SchemaFile.All();
        var tables = (
            from file in files
            from item in file.Made()
            where item.Kind == "table"
            select (item.Name, file.Owner)
        ).ToDictionary(table => table.Name, table => table.Owner);
        var columns = files
            .SelectMany(file => file.Columns())
            .ToDictionary(column => $"{column.Table}.{column.Column}", column => column.Owner);
        Assert.True(tables.Count > 60);
        var writes = (
            from file in SourceTree
                .Files("Features", "*.cs")
                .Concat(SourceTree.Files("Infrastructure", "*.cs"))
                .Concat(files.Select(file => new SourceFile(file.Path, file.Sql)))
            from write in Writes(file.Text)
            where tables.ContainsKey(write.Table)
            from what in write.Columns is null ? [write.Table] : write.Columns.Select(c => $"{write.Table}.{c}")
            select (
                file.Path,
                What: what,
                By: SchemaFile.OwnerOf(file.Path),
                Owner: columns.GetValueOrDefault(what, tables[write.Table])
            )
        ).ToArray();
        Assert.True(writes.Count(write => columns.ContainsKey(write.What)) > 100);
        Assert.Empty(
            writes
                .Where(write => write.Owner != write.By)
                .Select(write => $"{write.Path} writes {write.What}, which {write.Owner} owns")
        );
    }

    [Theory]
    [InlineData("update account set avatar_url = @url, updated_at = now() where id = @id", "account: avatar_url")]
    [InlineData("update account a set bio = case when a = 1 then b end, plan = 'x' from t", "account: bio plan")]
    [InlineData("update account as a set (email, roles) = (select a, b from c) where id = 1", "account: email roles")]
    [InlineData("update account set roles = f(a, b = 1), plan = 'x' returning bio", "account: roles plan")]
    [InlineData("with gone as (update t set a = b) delete from account where id = 1", "t: a, account")]
    [InlineData("insert into account (id) values (@id) on conflict (id) do update set bio = ''", "account")]
    public void It_is_seen_what_a_statement_writes(string sql, string writes) =>
        Assert.Equal(
            writes,
            string.Join(
                ", ",
                Writes(sql).Select(w => w.Columns is null ? w.Table : $"{w.Table}: {string.Join(' ', w.Columns)}")
            )
        );

    /// <summary>Tables that statements write, with the columns that an update sets.</summary>
    private static IEnumerable<(string Table, string[]? Columns)> Writes(string text)
    {
        foreach (Match write in WritePattern().Matches(text))
            yield return (
                write.Groups["table"].Value,
                write.Groups["set"].Success ? Assigned(text[(write.Index + write.Length)..]) : null
            );
    }

    /// <summary>What is set, from behind the word "set" to the end of the list.</summary>
    private static string[] Assigned(string text)
    {
        // What stands in brackets is a value: it goes, but for a list of columns, which is followed by its values.
        var set = new System.Text.StringBuilder();
        var depth = 0;
        foreach (var letter in ListOfColumns().Replace(text[..Math.Min(text.Length, StatementCharsMax)], "$1 ="))
        {
            depth += letter == '(' ? 1 : 0;
            if (depth == 0 && letter is ')' or '"' or ';')
                break;
            if (depth == 0)
                set.Append(letter);
            depth -= letter == ')' ? 1 : 0;
        }

        return
        [
            .. AssignedPattern()
                .Matches(EndPattern().Split(set.ToString())[0])
                .SelectMany(m => m.Groups[1].Value.Split(','))
                .Select(column => column.Trim())
                .Where(column => column != "updated_at"),
        ];
    }

    private const int StatementCharsMax = 4000;

    [GeneratedRegex(
        @"\b(?:insert into|delete from)\s+(?<table>[a-z_]+)\b|\bupdate\s+(?<table>[a-z_]+)(?:\s+(?:as\s+)?(?!set\b)\w+)?\s+(?<set>set)\b"
    )]
    private static partial Regex WritePattern();

    [GeneratedRegex(@"^\s*\(([^()]*)\)\s*=")]
    private static partial Regex ListOfColumns();

    [GeneratedRegex(@"\b(?:where|(?<!distinct )from|returning)\b")]
    private static partial Regex EndPattern();

    [GeneratedRegex(@"(?:^|,)\s*([\w{}]+(?:\s*,\s*[\w{}]+)*)\s*=")]
    private static partial Regex AssignedPattern();
}
