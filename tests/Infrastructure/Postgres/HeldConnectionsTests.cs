using System.Collections.Concurrent;
using Npgsql;
using Veza.Infrastructure.Batching;
using Veza.Infrastructure.Postgres;
using Veza.Tests.Harness;

namespace Veza.Tests.Infrastructure.Postgres;

/// <summary>
/// What the watch on connections takes for a violation, and what not. Every server of every test runs under it.
/// </summary>
public sealed class HeldConnectionsTests : IAsyncLifetime
{
    private readonly ConcurrentQueue<string> told = new();
    private TestEnvironment premises = null!;
    private PostgresSource source = null!;

    public async ValueTask InitializeAsync()
    {
        premises = await TestEnvironment.Create(inS3: false);
        source = PostgresSource.Open(premises.Database.ConnectionString, "watched", told.Enqueue);
    }

    public async ValueTask DisposeAsync()
    {
        await source.DisposeAsync();
        await premises.DisposeAsync();
    }

    [Fact]
    public async Task A_second_connection_on_one_path_is_told_wherever_on_the_path_it_is_taken()
    {
        await using var db = await source.OpenConnectionAsync();
        await Task.Yield();
        await Look();
        Assert.Contains("another connection", Assert.Single(told), StringComparison.Ordinal);
        Assert.Contains(nameof(Look), told.First(), StringComparison.Ordinal);
        Assert.Contains(
            nameof(A_second_connection_on_one_path_is_told_wherever_on_the_path_it_is_taken),
            told.First(),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task One_that_is_asked_for_counts_before_it_comes()
    {
        var first = source.OpenConnectionAsync();
        var second = source.OpenConnectionAsync();
        await (await first).DisposeAsync();
        await (await second).DisposeAsync();
        Assert.Single(told);
    }

    [Fact]
    public async Task What_is_given_back_is_held_no_more()
    {
        await using (var db = await source.OpenConnectionAsync())
            await Select(db);
        await Look();
        var again = await source.OpenConnectionAsync();
        await again.DisposeAsync();
        await Look();
        HeldConnections.MustBeNone("storage");
        Assert.Empty(told);
    }

    [Fact]
    public async Task Paths_side_by_side_hold_one_each()
    {
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Look()));
        await Look();
        Assert.Empty(told);
    }

    [Fact]
    public async Task Branches_of_a_path_that_holds_one_hold_two()
    {
        await using var db = await source.OpenConnectionAsync();
        await Task.WhenAll(Look(), Task.Run(Look));
        Assert.NotEmpty(told);
    }

    [Fact]
    public async Task Work_beside_a_path_is_a_path_of_its_own()
    {
        Task beside;
        await using (var db = await source.OpenConnectionAsync())
        {
            beside = HeldConnections.Beside(Look);
            await beside;
            Assert.Empty(told);
            HeldConnections.MustBeNone("storage");
        }

        Assert.Contains("storage", Assert.Single(told), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whatever_else_is_waited_for_is_told()
    {
        using var gate = new OneAtATime();
        await using var db = await source.OpenConnectionAsync();
        for (var i = 0; i < 3; i++)
            using (await gate.Enter(CancellationToken.None))
                await Select(db);
        Assert.NotEmpty(told);
        Each.Of(told, violation => Assert.Contains("a turn is waited for", violation, StringComparison.Ordinal));
        using var command = source.CreateCommand("select 1");
        Assert.Contains("another connection is waited for", told.Last(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_listener_may_be_held_and_what_broke_or_never_came_is_not()
    {
        await using var listener = await source.OpenListenerAsync(CancellationToken.None);
        await Look();
        await using var broken = await source.OpenConnectionAsync();
        await premises.Database.Execute("select pg_terminate_backend($1)", broken.ProcessID);
        await Assert.ThrowsAsync<PostgresException>(() => Select(broken));
        await Look();
        await using var nowhere = PostgresSource.Open(
            $"{premises.Database.ConnectionString};Database=nowhere",
            "nowhere",
            told.Enqueue
        );
        await Assert.ThrowsAsync<PostgresException>(async () => await nowhere.OpenConnectionAsync());
        await Look();
        Assert.Empty(told);
    }

    [Fact]
    public async Task Nobody_is_told_of_what_nobody_watches()
    {
        await using var unwatched = PostgresSource.Open(premises.Database.ConnectionString, "unwatched");
        await using var one = await unwatched.OpenConnectionAsync();
        await using var other = await unwatched.OpenConnectionAsync();
        HeldConnections.MustBeNone("storage");
        Assert.Empty(told);
    }

    private async Task Look()
    {
        await using var db = await source.OpenConnectionAsync();
        await Task.Yield();
        await Select(db);
    }

    private static async Task Select(NpgsqlConnection db)
    {
        await using var command = new NpgsqlCommand("select 1", db);
        await command.ExecuteScalarAsync();
    }
}
