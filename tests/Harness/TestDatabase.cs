using Npgsql;

namespace Veza.Tests.Harness;

/// <summary>
/// A database of one class. The binary's own <c>migrate</c> fills a template once per run, and each database is a copy
/// of it.
/// </summary>
internal sealed class TestDatabase : IAsyncDisposable
{
    private static readonly string TemplateName = $"veza_template_{Environment.ProcessId}";
    private static readonly Lazy<Task> Template = new(MakeTemplate);
    private static readonly SemaphoreSlim OneCopyAtATime = new(1);
    private static int count;
    private readonly string name;

    private TestDatabase(string name)
    {
        this.name = name;
        ConnectionString = ConnectionTo(name);
        Source = NpgsqlDataSource.Create(ConnectionString + ";Maximum Pool Size=20");
    }

    internal string ConnectionString { get; }

    /// <summary>The test's own connections, for looking and for setting the stage.</summary>
    internal NpgsqlDataSource Source { get; }

    internal static async Task<TestDatabase> Create()
    {
        await Template.Value;
        var name = $"veza_t{Environment.ProcessId}_{Interlocked.Increment(ref count)}";
        await OneCopyAtATime.WaitAsync();
        try
        {
            await AsOwner($"create database {name} template {TemplateName}");
        }
        finally
        {
            OneCopyAtATime.Release();
        }

        return new TestDatabase(name);
    }

    internal async Task<int> Execute(string sql, params object[] values)
    {
        await using var command = Command(sql, values);
        return await command.ExecuteNonQueryAsync();
    }

    internal async Task<T> Scalar<T>(string sql, params object[] values)
    {
        await using var command = Command(sql, values);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>The first column of every row, as text.</summary>
    internal async Task<string[]> Column(string sql, params object[] values)
    {
        await using var command = Command(sql, values);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
            rows.Add(reader.GetValue(0).ToString()!);
        return [.. rows];
    }

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await AsOwner($"drop database if exists {name} with (force)");
    }

    private NpgsqlCommand Command(string sql, object[] values)
    {
        var command = Source.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }

    /// <summary>
    /// A wait for a connection ends when a test's own do: on a slow machine a burst of requests waits longer than
    /// anybody who is served should.
    /// </summary>
    private static string ConnectionTo(string database) =>
        new NpgsqlConnectionStringBuilder(Surroundings.Postgres)
        {
            Database = database,
            Timeout = (int)Eventually.DeadlineMax.TotalSeconds,
        }.ConnectionString;

    private static async Task MakeTemplate()
    {
        await AsOwner($"create database {TemplateName}");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => DropTemplate();
        var settings = new Dictionary<string, string?>
        {
            ["VEZA__POSTGRES"] = ConnectionTo(TemplateName),
            ["VEZA__REDIS"] = Surroundings.Redis,
            ["VEZA__STORAGE"] = TestRun.Folder,
        };
        (await VezaProgram.Run(["migrate"], settings)).Succeeds();
    }

    private static void DropTemplate()
    {
        using var owner = new NpgsqlConnection(Surroundings.Postgres);
        owner.Open();
        using var drop = new NpgsqlCommand($"drop database if exists {TemplateName} with (force)", owner);
        drop.ExecuteNonQuery();
    }

    private static async Task AsOwner(string sql)
    {
        await using var owner = new NpgsqlConnection(Surroundings.Postgres);
        await owner.OpenAsync();
        await using var command = new NpgsqlCommand(sql, owner);
        await command.ExecuteNonQueryAsync();
    }
}
