using System.Globalization;
using System.Text.RegularExpressions;
using Veza.Tests.Harness;

namespace Veza.Tests.House;

/// <summary>
/// The files of the schema: where they stand, in which order they go, and that the database has what they make.
/// </summary>
public sealed partial class SchemaTests
{
    private const int FileLinesMax = 300,
        LineCharsMax = 120;

    /// <summary>The migrator makes it, before there are migrations.</summary>
    private const string OfTheMigrator = "schema_migration";

    [Fact]
    public void The_folder_of_a_file_is_its_owner_and_its_number_is_its_turn()
    {
        var files = SchemaFile.All();
        Assert.True(files.Length > 30);
        Each.Of(files, file => Assert.Matches(PathPattern(), file.Path));
        Assert.Equal(files.Length, files.Select(file => file.Number).Distinct().Count());
        // What the project does not find is not in the binary, and so never applied.
        Assert.Equal(
            files.Select(file => $"schema/{file.Name}.sql"),
            typeof(Roles)
                .Assembly.GetManifestResourceNames()
                .Where(name => name.EndsWith(".sql", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void Files_of_the_schema_are_short()
    {
        var files = SchemaFile.All();
        Each.Of(files, file => Assert.InRange(file.Text.Split('\n').Length, 2, FileLinesMax));
        Assert.Empty(
            from file in files
            from line in file.Text.Split('\n').Index()
            where line.Item.Length > LineCharsMax
            select $"{file.Path}:{line.Index + 1} has {line.Item.Length} characters"
        );
    }

    [Fact]
    public void The_baseline_says_what_there_is_and_not_how_it_came_to_be()
    {
        var baseline = SchemaFile
            .All()
            .Where(file => int.Parse(file.Number, CultureInfo.InvariantCulture) < SchemaFile.FirstChange);
        Each.Of(baseline, file => Assert.DoesNotMatch(LaterPattern(), file.Sql));
    }

    [Fact]
    public void Who_owns_a_column_is_a_module()
    {
        var modules = SourceTree.ModuleNames().Select(name => name.ToLowerInvariant()).ToArray();
        Each.Of(
            SchemaFile.All().SelectMany(file => file.Columns().Where(column => column.Owner != file.Owner)),
            column => Assert.Contains(column.Owner, modules)
        );
    }

    /// <summary>
    /// Every function and every trigger is listed with its owner, so that a review shows what happens by itself.
    /// </summary>
    [Fact]
    public async Task The_database_has_what_the_files_make()
    {
        await using var database = await TestDatabase.Create();
        var made = new Dictionary<SchemaItem, SchemaFile>();
        foreach (var file in SchemaFile.All())
        {
            foreach (var dropped in file.Dropped())
                Assert.True(made.Remove(dropped), $"{file.Path} drops {dropped}, which nothing makes");
            foreach (var item in file.Made())
                made.TryAdd(item, file);
        }

        var there = await database.Column(
            """
            select 'table ' || relname from pg_class
             where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
               and relname !~ '_[0-9]{4}(_[0-9]{2}){1,2}$' and relname <> $1
            union all
            select 'view ' || relname from pg_class where relnamespace = 'public'::regnamespace and relkind = 'v'
            union all
            select case prokind when 'p' then 'procedure ' else 'function ' end || proname from pg_proc p
             where pronamespace = 'public'::regnamespace
               and not exists (select 1 from pg_depend d where d.objid = p.oid and d.deptype = 'e')
            union all
            select format('trigger %s on %s', tgname, tgrelid::regclass) from pg_trigger
             where not tgisinternal and tgparentid = 0
            """,
            OfTheMigrator
        );
        Assert.True(there.Length > 150);
        Assert.Equal(
            there.Order(StringComparer.Ordinal),
            made.Keys.Select(item => item.ToString()).Order(StringComparer.Ordinal)
        );
        Snapshots.Matches("schema-owners.txt", Listed(made));
    }

    [Fact]
    public async Task The_database_has_the_columns_whose_owners_the_files_name()
    {
        await using var database = await TestDatabase.Create();
        Assert.Equal(
            await database.Column(
                """
                select c.relname || '.' || a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid
                 where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
                   and a.attnum > 0 and not a.attisdropped and c.relname <> $1
                 order by (c.relname || '.' || a.attname) collate "C"
                """,
                OfTheMigrator
            ),
            SchemaFile
                .All()
                .SelectMany(file => file.Columns())
                .Select(column => $"{column.Table}.{column.Column}")
                .Distinct()
                .Order(StringComparer.Ordinal)
        );
    }

    private static string Listed(Dictionary<SchemaItem, SchemaFile> made) =>
        string.Join(
            "\n\n",
            made.GroupBy(item => item.Value.Owner)
                .Select(owner => owner.Key + string.Concat(owner.GroupBy(item => item.Value.Name).Select(OfFile)))
        );

    private static string OfFile(IGrouping<string, KeyValuePair<SchemaItem, SchemaFile>> file) =>
        $"\n  {file.Key}" + string.Concat(file.Select(item => $"\n    {item.Key}"));

    /// <summary>What only a table that is there already can want; rows to begin with may be inserted.</summary>
    [GeneratedRegex(
        @"^(?:drop|do|update|delete|create or replace|alter table \w+\s+(?:add|drop|rename|alter column \w+ (?:type|drop)))\b",
        RegexOptions.Multiline
    )]
    private static partial Regex LaterPattern();

    [GeneratedRegex(@"^(Features|Infrastructure)/\w+/Schema/\d{4}_[a-z][a-z0-9_]*\.sql$")]
    private static partial Regex PathPattern();
}
