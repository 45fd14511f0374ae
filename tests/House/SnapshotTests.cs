using System.Reflection;
using Veza.Infrastructure.Http;
using Veza.Tests.Harness;

namespace Veza.Tests.House;

public sealed class SnapshotTests
{
    [Fact]
    public void Error_codes_are_permanent()
    {
        var errors = typeof(Errors)
            .Assembly.GetTypes()
            .Where(t =>
                t.Name.EndsWith("Errors", StringComparison.Ordinal)
                || t.Name.EndsWith("Reads", StringComparison.Ordinal)
            )
            .SelectMany(t => t.GetFields(BindingFlags.Static | BindingFlags.NonPublic))
            .Where(f => f.FieldType == typeof(Error))
            .Select(f => (Error)f.GetValue(null)!)
            .ToArray();
        Assert.True(errors.Length > 150);
        Assert.Equal(errors.Length, errors.Select(e => e.Code).Distinct().Count());
        Each.Of(errors, e => Assert.Matches("^[A-Z][A-Z0-9_]*$", e.Code));
        Snapshots.Matches(
            "error-codes.txt",
            string.Join('\n', errors.Select(e => $"{e.Code} {e.Status}").Order(StringComparer.Ordinal))
        );
    }

    [Fact]
    public async Task The_api_document_changes_on_purpose()
    {
        var run = (await VezaProgram.Run(["openapi"], new Dictionary<string, string?>())).Succeeds();
        Assert.Contains("\"/api/v1/tracks\"", run.Output, StringComparison.Ordinal);
        Snapshots.Matches("openapi.json", run.Output);
    }

    [Fact]
    public async Task The_schema_is_the_sum_of_the_migrations()
    {
        await using var database = await TestDatabase.Create();
        var tables = await database.Column(
            """
            select format(E'table %s\n%s', t.relname,
              string_agg(format('  %s %s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
                     case when a.attnotnull then ' not null'
                       else '' end, coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')), E'\n'
                       order by a.attnum))
              from pg_class t
              join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
              left join pg_attrdef d on d.adrelid = t.oid and d.adnum = a.attnum
             where t.relkind in ('r', 'p') and not t.relispartition and t.relnamespace = 'public'::regnamespace
               group by t.relname order by t.relname collate "C"
            """
        );
        var constraints = await database.Column(
            """
            select format('constraint %s on %s %s', conname, conrelid::regclass, pg_get_constraintdef(oid))
              from pg_constraint
             where connamespace = 'public'::regnamespace and not
               exists (select 1 from pg_class t where t.oid = conrelid and t.relispartition)
               order by conrelid::regclass::text collate "C", conname collate "C"
            """
        );
        var indexes = await database.Column(
            """select indexdef from pg_indexes where schemaname = 'public' and tablename !~ '^audit_event_|^(play|message|event)_(rest|[0-9]{4}_[0-9]{2}(_[0-9]{2})?)$' order by tablename collate "C", indexname collate "C" """
        );
        var extensions = await database.Column(
            """select 'extension ' || extname from pg_extension where extname <> 'plpgsql' order by extname collate "C" """
        );
        Assert.True(tables.Length >= 8);
        Snapshots.Matches(
            "schema.sql",
            string.Join(
                "\n\n",
                [.. tables, string.Join('\n', constraints), string.Join('\n', indexes), string.Join('\n', extensions)]
            )
        );
    }
}
