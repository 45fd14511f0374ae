using Veza.Tests.Harness;
using Veza.Tests.House;

namespace Veza.Tests.Infrastructure.Postgres;

/// <summary>The schema as <c>veza migrate</c> brings it: each file once, in order, whole or not at all.</summary>
public sealed class MigrationsTests : IAsyncLifetime
{
    private TestEnvironment premises = null!;

    public async ValueTask InitializeAsync() => premises = await TestEnvironment.Create(inS3: false);

    public async ValueTask DisposeAsync() => await premises.DisposeAsync();

    [Fact]
    public async Task What_was_applied_is_left_alone()
    {
        var run = (await Migrate()).Succeeds();
        Assert.Contains("The database is up to date.", run.Output, StringComparison.Ordinal);
        Assert.Equal(
            SchemaFile.All().Select(file => file.Name),
            await premises.Database.Column("select name from schema_migration order by applied_at, name")
        );
    }

    [Fact]
    public async Task A_file_that_was_changed_after_it_was_applied_is_refused()
    {
        var name = SchemaFile.All()[2].Name;
        await premises.Database.Execute("update schema_migration set sha256 = 'other' where name = $1", name);
        var run = await Migrate();
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains($"{name} was changed after it was applied", run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_refused_is_named_and_leaves_nothing()
    {
        // It makes again what is there.
        var last = SchemaFile.All().Last(file => file.Made().Any(item => item.Kind == "table"));
        await premises.Database.Execute("delete from schema_migration where name = $1", last.Name);
        var run = await Migrate();
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains($"Migration {last.Name} was refused", run.Errors, StringComparison.Ordinal);
        Assert.Contains("already exists", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain(last.Name, await premises.Database.Column("select name from schema_migration"));
    }

    private Task<ProgramRun> Migrate() => VezaProgram.Run(["migrate"], premises.Variables);
}
