using Npgsql;
using Veza.Infrastructure.Postgres;

namespace Veza.Tests.Infrastructure.Postgres;

/// <summary>What the operator's connection string decides, and what it does not.</summary>
public sealed class PostgresSourceTests
{
    private const string Address = "Host=127.0.0.1;Username=veza;Database=veza";

    [Theory]
    [InlineData("", PostgresSource.ConnectionsMax, PostgresSource.ConnectionMaxS)]
    [InlineData(";Maximum Pool Size=7", 7, PostgresSource.ConnectionMaxS)]
    [InlineData(";maxpoolsize=100;Timeout=15", 100, 15)]
    [InlineData(";Timeout=9;Command Timeout=60", PostgresSource.ConnectionsMax, 9)]
    public async Task The_operator_decides_on_the_pool_and_the_wait_for_it(string more, int connections, int seconds)
    {
        await using var source = PostgresSource.Open(Address + more, "test");
        var settings = new NpgsqlConnectionStringBuilder(source.ConnectionString);
        Assert.Equal((connections, seconds, 2), (settings.MaxPoolSize, settings.Timeout, settings.CommandTimeout));
    }
}
